package org.postern.broker.signin;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.policystore.Demand;
import org.postern.policystore.IdentityProvider;

/** One identity provider as we talk to it. Blocking; safe on any thread. */
public interface ProviderClient {

  /** Its configuration. */
  IdentityProvider provider();

  /** Where the browser goes to sign in. */
  Departure depart(Attempt attempt) throws SignInException;

  /**
   * Where the browser goes to sign out at the provider too; nothing when the provider has no such
   * place.
   */
  Optional<Departure> signOut(SignOut signOut) throws SignInException;

  /** Walks through all that a sign-in needs short of a person. */
  List<Finding> examine();

  /**
   * A sign-in that begins.
   *
   * @param state our secret that the browser carries there and back
   * @param nonce that the provider's statement must repeat
   * @param verifier our proof key
   * @param hint the address that the person gave, or empty
   * @param demand what the sign-in has to be
   */
  record Attempt(String state, String nonce, String verifier, String hint, Demand demand) {
    @Override
    public String toString() {
      return "Attempt[redacted]";
    }
  }

  /**
   * A session that ends.
   *
   * @param subject the provider's name for the person
   * @param providerSession the provider's name for its session, may be empty
   * @param hint what the client wanted back, sealed; may be empty
   * @param state that the browser carries there and back
   */
  record SignOut(String subject, String providerSession, String hint, String state) {}

  /** A way for the browser. */
  sealed interface Departure {
    /** By its address alone. */
    record Redirect(URI address) implements Departure {}

    /** By a form that it posts. */
    record Form(URI action, Map<String, String> fields) implements Departure {
      /** Copies the map. */
      public Form {
        fields = Map.copyOf(fields);
      }
    }
  }

  /**
   * One thing that was looked at.
   *
   * @param what was looked at, as in "discovery"
   * @param text what was found, and what to do if it is wrong
   */
  record Finding(Grade grade, String what, String text) {}

  /** How bad it is. */
  enum Grade {
    /** As it should be. */
    GOOD,
    /** Works, and will not for ever. */
    WARNING,
    /** Nobody can sign in like this. */
    WRONG
  }
}

package org.postern.broker.signin;

import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.policystore.Authentication;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.RoleMapping;
import org.postern.policystore.UserRecord;

/** Where administrators who were signed in by a provider get their session. */
public interface AdministratorEntry {
  /**
   * Somebody whom a provider that signs in administrators vouches for.
   *
   * @param by why he is an administrator, and of which role
   * @param query of the page that he came from, to go back to
   */
  record Entrant(
      IdentityProvider provider,
      UserRecord user,
      RoleMapping by,
      Authentication authentication,
      String query) {}

  /** Lets them in, and sends the browser to the administrators' page. */
  Reply enter(Head head, Entrant entrant) throws SignInException;

  /** Somebody was not let in: for the audit log. */
  void refused(Head head, String provider, SignInException why);
}

package org.postern.broker.signin.oidc;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.net.URI;
import java.text.ParseException;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.RefetchBudget;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;

/**
 * A provider's public keys. Read again when they are old, and when a token's key is not among them
 * (the provider has rotated), but not more often than a budget allows: strangers choose what tokens
 * name. Safe on any thread.
 */
final class ProviderKeys implements JWKSource<SecurityContext> {
  private final Outbound outbound;
  private final URI address;
  private final boolean privateAllowed;
  private final SignInLimits limits;
  private final LastKnownGood<JWKSet> keys;
  private final RefetchBudget budget;

  ProviderKeys(
      Outbound outbound,
      URI address,
      boolean privateAllowed,
      SignInLimits limits,
      InstantSource clock) {
    this.outbound = outbound;
    this.address = address;
    this.privateAllowed = privateAllowed;
    this.limits = limits;
    this.keys = new LastKnownGood<>("keys at " + address, this::read, limits, clock);
    this.budget = new RefetchBudget(limits, clock);
  }

  private ProviderKeys(ProviderKeys same, RefetchBudget budget) {
    this.outbound = same.outbound;
    this.address = same.address;
    this.privateAllowed = same.privateAllowed;
    this.limits = same.limits;
    this.keys = same.keys;
    this.budget = budget;
  }

  /** The same keys, read again by a budget of its own: one door cannot use up another's. */
  ProviderKeys forAnotherDoor(InstantSource clock) {
    return new ProviderKeys(this, new RefetchBudget(limits, clock));
  }

  @Override
  public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context)
      throws KeySourceException {
    try {
      JWKSet current = keys.current();
      List<JWK> found = selector.select(current);
      return found.isEmpty() ? selector.select(keys.afterRotation(current, budget)) : found;
    } catch (SignInException e) {
      throw new KeySourceException("keys cannot be read: " + e.getMessage(), e);
    }
  }

  /** What is believed now, for {@link #areOthersThan}. */
  JWKSet current() throws SignInException {
    return keys.current();
  }

  /**
   * Whether other keys are published than were seen: a token that does not name its key fits none
   * of these.
   */
  boolean areOthersThan(JWKSet seen) throws SignInException {
    return !keys.afterRotation(seen, budget).equals(seen);
  }

  /** How many there are now; reads them if need be. */
  int count() throws SignInException {
    return keys.current().size();
  }

  private JWKSet read() throws SignInException {
    Outbound.Answer answer = outbound.send(Outbound.Request.get(address, privateAllowed));
    if (answer.status() != 200) {
      throw new SignInException(
              SignInFault.PROVIDER_UNREACHABLE,
              "keys: status %d at %s".formatted(answer.status(), address))
          .advising("The provider names this address as jwks_uri; it must answer there.");
    }
    try {
      JWKSet set = JWKSet.parse(answer.body()).toPublicJWKSet();
      if (set.size() > limits.keysMax()) {
        throw new SignInException(
            SignInFault.PROVIDER_MISCONFIGURED,
            "%d keys (expected: at most %d)".formatted(set.size(), limits.keysMax()));
      }
      return set;
    } catch (ParseException e) {
      throw new SignInException(SignInFault.PROVIDER_MISCONFIGURED, "keys are not a JWK set", e)
          .advising("The provider must publish a JSON Web Key Set at its jwks_uri.");
    }
  }
}

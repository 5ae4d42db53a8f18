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
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;

/**
 * A provider's public keys. Read again when they are old, and once when a token names a key that is
 * not among them (the provider has rotated), but never more often than the pause allows: strangers
 * choose what tokens name. Safe on any thread.
 */
final class ProviderKeys implements JWKSource<SecurityContext> {
  private final Outbound outbound;
  private final URI address;
  private final boolean privateAllowed;
  private final SignInLimits limits;
  private final LastKnownGood<JWKSet> keys;

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
  }

  @Override
  public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context)
      throws KeySourceException {
    try {
      JWKSet current = keys.current();
      List<JWK> found = selector.select(current);
      return found.isEmpty() ? selector.select(keys.afterRotation(current)) : found;
    } catch (SignInException e) {
      throw new KeySourceException("keys cannot be read: " + e.getMessage(), e);
    }
  }

  /** How many there are now; reads them if need be. */
  int count() throws KeySourceException {
    try {
      return keys.current().size();
    } catch (SignInException e) {
      throw new KeySourceException("keys cannot be read: " + e.getMessage(), e);
    }
  }

  private JWKSet read() throws SignInException {
    Outbound.Answer answer = outbound.send(Outbound.Request.get(address, privateAllowed));
    if (answer.status() != 200) {
      throw new SignInException(
          SignInFault.PROVIDER_UNREACHABLE, "keys: status " + answer.status());
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
      throw new SignInException(SignInFault.PROVIDER_MISCONFIGURED, "keys are not a JWK set", e);
    }
  }
}

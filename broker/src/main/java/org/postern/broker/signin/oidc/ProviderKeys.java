package org.postern.broker.signin.oidc;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.net.URI;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInLimits;

/**
 * A provider's public keys. Read again when they are old, and once when a token names a key that is
 * not among them (the provider has rotated), but never more often than the pause allows: strangers
 * choose what tokens name. Safe on any thread; at most one thread reads at a time.
 */
final class ProviderKeys implements JWKSource<SecurityContext> {
  private record Keys(JWKSet set, Instant readAt) {}

  private final Outbound outbound;
  private final URI address;
  private final boolean privateAllowed;
  private final SignInLimits limits;
  private final InstantSource clock;
  private @Nullable Keys keys;

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
    this.clock = clock;
  }

  @Override
  public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context)
      throws KeySourceException {
    Keys current = current();
    List<JWK> found = selector.select(current.set());
    return found.isEmpty() ? selector.select(afterRotation(current).set()) : found;
  }

  private synchronized Keys current() throws KeySourceException {
    Keys known = keys;
    Instant now = clock.instant();
    if (known != null && now.isBefore(known.readAt().plus(limits.metadataAge()))) {
      return known;
    }
    return read(now);
  }

  private synchronized Keys afterRotation(Keys seen) throws KeySourceException {
    Keys known = keys;
    Instant now = clock.instant();
    if (known != null && known.readAt().isAfter(seen.readAt())) {
      return known;
    }
    if (now.isBefore(seen.readAt().plus(limits.refetchPause()))) {
      return seen;
    }
    return read(now);
  }

  /** How many there are now; reads them if need be. */
  int count() throws KeySourceException {
    return current().set().size();
  }

  private Keys read(Instant now) throws KeySourceException {
    try {
      Outbound.Answer answer = outbound.send(Outbound.Request.get(address, privateAllowed));
      if (answer.status() != 200) {
        throw new KeySourceException("keys: status " + answer.status());
      }
      JWKSet set = JWKSet.parse(answer.body()).toPublicJWKSet();
      if (set.size() > limits.keysMax()) {
        throw new KeySourceException(
            "%d keys (expected: at most %d)".formatted(set.size(), limits.keysMax()));
      }
      Keys fresh = new Keys(set, now);
      keys = fresh;
      return fresh;
    } catch (SignInException e) {
      throw new KeySourceException("keys cannot be read: " + e.getMessage(), e);
    } catch (ParseException e) {
      throw new KeySourceException("keys are not a JWK set", e);
    }
  }
}

package org.postern.broker.signin;

import java.net.URI;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.postern.broker.front.WebLoops;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.jdbc.ClientSecrets;
import org.postern.policystore.jdbc.SignIns;
import org.postern.policystore.jdbc.Users;

/**
 * Builds {@link SignIn} from what the broker has.
 *
 * @param configured the identity providers of the current policy
 * @param privateIssuers issuers that may live at private addresses, by the operator's word
 * @param trustPem certificates to trust for all providers instead of the JDK's
 * @param publicUrl where browsers reach this broker, {@code https://HOST[:PORT]}
 */
public record SignInFactory(
    Supplier<List<IdentityProvider>> configured,
    ClientSecrets secrets,
    SignIns signIns,
    Users users,
    Set<String> privateIssuers,
    Optional<String> trustPem,
    URI publicUrl) {

  /** Builds it. */
  public SignIn build(WebLoops web, SignInLimits limits, InstantSource clock, SecureRandom random) {
    Outbound outbound = new OutboundHttp(web.vertx(), limits, trustPem);
    Providers providers =
        new Providers(configured, secrets, privateIssuers, outbound, limits, clock);
    return new SignIn(
        providers, signIns, users, publicUrl.resolve("/signin/callback"), limits, clock, random);
  }
}

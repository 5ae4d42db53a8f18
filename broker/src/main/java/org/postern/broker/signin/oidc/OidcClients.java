package org.postern.broker.signin.oidc;

import java.net.URI;
import java.time.InstantSource;
import java.util.Set;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ProviderClient;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.SignInLimits;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.OpenIdConnect;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.jdbc.ClientSecrets;

/** Makes the clients of OpenID Connect providers. */
public final class OidcClients {
  private final ClientSecrets secrets;
  private final ServiceKeyRing keys;
  private final Set<String> privateIssuers;
  private final URI publicUrl;
  private final SignOutHints hints;
  private final OidcSettings settings;

  /**
   * With what they share.
   *
   * @param privateIssuers issuers that may live at private addresses, by the operator's word
   * @param publicUrl where browsers reach this broker
   * @param sealer seals ID tokens that are kept
   */
  public OidcClients(
      ClientSecrets secrets,
      ServiceKeyRing keys,
      Set<String> privateIssuers,
      URI publicUrl,
      SecretSealer sealer,
      Outbound outbound,
      SignInLimits limits,
      InstantSource clock) {
    this.secrets = secrets;
    this.keys = keys;
    this.privateIssuers = Set.copyOf(privateIssuers);
    this.publicUrl = publicUrl;
    this.hints = new SignOutHints(sealer);
    this.settings = new OidcSettings(outbound, limits, clock);
  }

  /** The client of one. */
  public ProviderClient client(IdentityProvider provider, OpenIdConnect openId) {
    return new OidcProvider(
        provider,
        openId,
        new OidcProvider.Own(
            () -> secrets.of(provider.name()),
            keys,
            privateIssuers.contains(openId.issuer()),
            publicUrl,
            hints),
        settings);
  }
}

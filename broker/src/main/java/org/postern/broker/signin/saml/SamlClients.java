package org.postern.broker.signin.saml;

import java.net.URI;
import java.time.InstantSource;
import java.util.Set;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ProviderClient;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.SignInLimits;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Saml;

/** Makes the clients of SAML providers. */
public final class SamlClients {
  private final Set<String> privateAddresses;
  private final SamlSettings settings;

  /**
   * With what they share.
   *
   * @param privateAddresses metadata addresses that may be private, by the operator's word
   * @param publicUrl where browsers reach this broker
   */
  public SamlClients(
      ServiceKeyRing keys,
      Set<String> privateAddresses,
      URI publicUrl,
      Outbound outbound,
      SignInLimits limits,
      InstantSource clock) {
    this.privateAddresses = Set.copyOf(privateAddresses);
    this.settings =
        new SamlSettings(publicUrl, keys::keys, outbound, limits, SamlLimits.DEFAULT, clock);
  }

  /** The client of one. */
  public ProviderClient client(IdentityProvider provider, Saml saml) {
    return new SamlProvider(provider, saml, privateAddresses, settings);
  }
}

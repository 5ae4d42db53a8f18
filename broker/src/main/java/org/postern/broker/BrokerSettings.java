package org.postern.broker;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.broker.bootstrap.FoundationSettings;
import org.postern.broker.bootstrap.StartException;
import org.postern.broker.front.HttpsLimits;
import org.postern.broker.front.TrustedProxies;

/**
 * What an operator says about one broker.
 *
 * @param listen where the one port is; port 0: any free one
 * @param hostNames DNS names and addresses that peers and browsers use, the first of them in links
 * @param publicUrl where browsers reach the broker; empty: made of the first host name and the port
 * @param tlsCertificate the operator's own certificate chain for HTTPS, with {@code tlsKey}; empty:
 *     issued by the deployment's CA
 * @param privateIssuers identity providers that may have private addresses
 * @param issuerTrust PEM file of the certificates to trust for identity providers; empty: the JDK's
 * @param countryFile tells the country of an address (MaxMind DB format); empty: nobody does
 * @param newAdminToken make one more admin token at this start
 * @param approvalWebhook told of requests for access; empty: only people are
 * @param signInRate sign-in and enrollment requests a minute that one address may make, {@link
 *     #SIGN_IN_RATE_MIN} to {@link #SIGN_IN_RATE_MAX}; a whole sign-in is about five of them
 * @param proxies load balancers before the port that say where connections are from
 */
public record BrokerSettings(
    FoundationSettings foundation,
    InetSocketAddress listen,
    List<String> hostNames,
    Optional<URI> publicUrl,
    Optional<Path> tlsCertificate,
    Optional<Path> tlsKey,
    Set<String> privateIssuers,
    Optional<Path> issuerTrust,
    Optional<Path> countryFile,
    boolean newAdminToken,
    Optional<WebhookSettings> approvalWebhook,
    int signInRate,
    TrustedProxies proxies) {
  /** A person with a browser and a device can still sign in. */
  public static final int SIGN_IN_RATE_MIN = 10;

  /** More than one broker can answer. */
  public static final int SIGN_IN_RATE_MAX = 1_000_000;

  /** Without an approval webhook, and with the usual rate of sign-ins. */
  public BrokerSettings(
      FoundationSettings foundation,
      InetSocketAddress listen,
      List<String> hostNames,
      Optional<URI> publicUrl,
      Optional<Path> tlsCertificate,
      Optional<Path> tlsKey,
      Set<String> privateIssuers,
      Optional<Path> issuerTrust,
      Optional<Path> countryFile,
      boolean newAdminToken) {
    this(
        foundation,
        listen,
        hostNames,
        publicUrl,
        tlsCertificate,
        tlsKey,
        privateIssuers,
        issuerTrust,
        countryFile,
        newAdminToken,
        Optional.empty(),
        HttpsLimits.DEFAULT.sensitivePerMinute(),
        TrustedProxies.NONE);
  }

  /** The same with an approval webhook. */
  public BrokerSettings telling(WebhookSettings webhook) {
    return new BrokerSettings(
        foundation,
        listen,
        hostNames,
        publicUrl,
        tlsCertificate,
        tlsKey,
        privateIssuers,
        issuerTrust,
        countryFile,
        newAdminToken,
        Optional.of(webhook),
        signInRate,
        proxies);
  }

  /** The same with another rate of sign-ins. */
  public BrokerSettings withSignInRate(int perMinute) {
    return new BrokerSettings(
        foundation,
        listen,
        hostNames,
        publicUrl,
        tlsCertificate,
        tlsKey,
        privateIssuers,
        issuerTrust,
        countryFile,
        newAdminToken,
        approvalWebhook,
        perMinute,
        proxies);
  }

  /** The same behind load balancers. */
  public BrokerSettings behind(TrustedProxies trusted) {
    return new BrokerSettings(
        foundation,
        listen,
        hostNames,
        publicUrl,
        tlsCertificate,
        tlsKey,
        privateIssuers,
        issuerTrust,
        countryFile,
        newAdminToken,
        approvalWebhook,
        signInRate,
        trusted);
  }

  /** Copies, and wants a name at least and a rate with which people can sign in. */
  public BrokerSettings {
    hostNames = List.copyOf(hostNames);
    privateIssuers = Set.copyOf(privateIssuers);
    if (hostNames.isEmpty()) {
      throw new IllegalArgumentException("no host name (expected: at least one)");
    }
    if (signInRate < SIGN_IN_RATE_MIN || signInRate > SIGN_IN_RATE_MAX) {
      throw new IllegalArgumentException(
          "sign-in rate %d (expected: %d to %d a minute)"
              .formatted(signInRate, SIGN_IN_RATE_MIN, SIGN_IN_RATE_MAX));
    }
  }

  Optional<String> issuerTrustPem() throws StartException {
    if (issuerTrust.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(issuerTrust.get()));
    } catch (IOException e) {
      throw new StartException(
          "--issuer-ca %s cannot be read: %s".formatted(issuerTrust.get(), e.getMessage()), e);
    }
  }

  /** Where browsers and peers reach a broker with this port, unless they are told another way. */
  URI publicUrlAt(int port) {
    String host = hostNames.getFirst();
    String shown = host.contains(":") ? "[" + host + "]" : host;
    return publicUrl.orElseGet(
        () -> URI.create("https://" + shown + (port == 443 ? "" : ":" + port)));
  }
}

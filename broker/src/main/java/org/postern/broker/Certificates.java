package org.postern.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.broker.bootstrap.StartException;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.IdentityException;
import org.postern.identity.LiveTls;
import org.postern.identity.ServerCertificate;
import org.postern.identity.SpiffeId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker's own two certificates: towards peers, and towards browsers. Each is renewed at about
 * half of its life, whenever {@link #renew} is called after that; live connections go on. Confined
 * to the caller's one thread after the start.
 */
final class Certificates {
  private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);
  private static final Duration PEER_LIFE = Duration.ofDays(7);
  private static final Duration WEB_LIFE = Duration.ofDays(90);

  private final CertificateAuthority authority;
  private final SpiffeId id;
  private final BrokerSettings settings;
  private final InstantSource clock;
  private final LiveTls tls;
  private ServerCertificate web;
  private Instant webSince;
  private @Nullable Consumer<ServerCertificate> webListener;

  Certificates(
      CertificateAuthority authority, String brokerId, BrokerSettings settings, InstantSource clock)
      throws StartException {
    this.authority = authority;
    this.id = new SpiffeId.BrokerId(authority.trustDomain(), brokerId);
    this.settings = settings;
    this.clock = clock;
    this.tls = new LiveTls(authority.issueOwn(id, PEER_LIFE), authority.trust(), clock);
    this.web = readWeb();
    this.webSince = clock.instant();
  }

  LiveTls tls() {
    return tls;
  }

  ServerCertificate web() {
    return web;
  }

  /** Is given every later certificate for browsers. */
  void onWeb(Consumer<ServerCertificate> listener) {
    webListener = listener;
  }

  private ServerCertificate readWeb() throws StartException {
    try {
      if (settings.tlsCertificate().isPresent() && settings.tlsKey().isPresent()) {
        return ServerCertificate.fromFiles(
            settings.tlsCertificate().get(), settings.tlsKey().get());
      }
      return authority.issueServerName(settings.hostNames(), WEB_LIFE);
    } catch (IdentityException e) {
      throw new StartException("--tls-cert, --tls-key: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new StartException("--host-name: " + e.getMessage(), e);
    }
  }

  /** Renews what is due. The operator's own files are read again, so they can be replaced. */
  void renew() {
    Instant now = clock.instant();
    if (tls.credential().needsRenewal(now)) {
      tls.replace(authority.issueOwn(id, PEER_LIFE));
      LOG.info("the broker's certificate was renewed, until {}", tls.credential().notAfter());
    }
    boolean half =
        now.isAfter(webSince.plus(Duration.between(webSince, web.notAfter()).dividedBy(2)));
    if (half || settings.tlsCertificate().isPresent()) {
      renewWeb(now);
    }
    if (authority.needsNewIssuingKey()) {
      LOG.warn("the issuing certificate is past half of its life; plan its renewal");
    }
  }

  private void renewWeb(Instant now) {
    try {
      ServerCertificate fresh = readWeb();
      if (!fresh.chainPem().equals(web.chainPem())) {
        web = fresh;
        webSince = now;
        if (webListener != null) {
          webListener.accept(fresh);
        }
        LOG.info("the certificate for browsers was renewed, until {}", fresh.notAfter());
      }
    } catch (StartException e) {
      LOG.warn("the certificate for browsers stays as it is: {}", e.getMessage());
    }
  }

  /** Where the CA's certificates are written for whoever configures a peer by hand. */
  static void writeTrust(CertificateAuthority authority, Path dataDir) throws StartException {
    Path file = dataDir.resolve("ca.pem");
    try {
      Files.writeString(file, authority.trust().pem());
    } catch (IOException e) {
      throw new StartException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}

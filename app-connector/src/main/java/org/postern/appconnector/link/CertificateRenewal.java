package org.postern.appconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.identity.Credential;
import org.postern.identity.CredentialStore;
import org.postern.identity.IdentityException;
import org.postern.identity.IdentityKey;
import org.postern.identity.LiveTls;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Renew;
import org.postern.tunnel.message.RenewRefused;
import org.postern.tunnel.message.Renewed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the certificate young: asks for a new one on the control link at half its life, for the key
 * that was enrolled, stores it, and lets new connections use it; live ones go on with the old one.
 * Confined to the control loop; files are written on a virtual thread.
 */
final class CertificateRenewal {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateRenewal.class);

  /** Looked at this often: a timer of days would sleep through a suspended machine. */
  private static final Duration LOOK = Duration.ofSeconds(20);

  private static final Duration RETRY = Duration.ofMinutes(1);

  private final EventLoop loop;
  private final LiveTls tls;
  private final CredentialStore store;
  private final InstantSource clock;
  private @Nullable ControlLink link;
  private @Nullable IdentityKey asked;
  private Instant notBefore = Instant.MIN;

  CertificateRenewal(EventLoop loop, LiveTls tls, CredentialStore store, InstantSource clock) {
    this.loop = loop;
    this.tls = tls;
    this.store = store;
    this.clock = clock;
  }

  void start() {
    loop.scheduleWithFixedDelay(
        this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  void onUp(ControlLink current) {
    link = current;
    asked = null;
    look();
  }

  void onDown() {
    link = null;
    asked = null;
  }

  private void look() {
    Instant now = clock.instant();
    ControlLink current = link;
    if (current == null || !tls.credential().needsRenewal(now) || now.isBefore(notBefore)) {
      return;
    }
    // An answer that never came is asked for again.
    notBefore = now.plus(RETRY);
    IdentityKey key = tls.credential().identityKey();
    asked = key;
    current.send(
        Envelope.newBuilder()
            .setRenew(Renew.newBuilder().setCsrDer(ByteString.copyFrom(key.csr())))
            .build());
  }

  void onRenewed(Renewed renewed) {
    IdentityKey key = asked;
    asked = null;
    if (key == null) {
      LOG.warn("the broker sent a certificate that was not asked for; it is ignored");
      return;
    }
    Thread.startVirtualThread(
        () -> take(key, renewed.getChainDerList().stream().map(ByteString::toByteArray).toList()));
  }

  void onRefused(RenewRefused refused) {
    asked = null;
    LOG.warn(
        "the broker refused to renew this connector's certificate: {} {}; it ends at {}",
        refused.getReason(),
        refused.getText(),
        tls.credential().notAfter());
  }

  private void take(IdentityKey key, List<byte[]> chain) {
    try {
      Credential old = tls.credential();
      Credential renewed = Credential.of(key, chain);
      if (!renewed.id().equals(old.id()) || !renewed.notAfter().isAfter(old.notAfter())) {
        LOG.warn(
            "the broker sent a certificate for {} until {}; expected {} and later than {}: ignored",
            renewed.id(),
            renewed.notAfter(),
            old.id(),
            old.notAfter());
        return;
      }
      store.save(renewed, tls.trust());
      tls.replace(renewed);
      LOG.info("certificate renewed, until {}", renewed.notAfter());
    } catch (IdentityException e) {
      LOG.warn("the renewed certificate cannot be used: {}", e.getMessage());
    }
  }
}

package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.identity.Credential;
import org.postern.identity.IdentityException;
import org.postern.identity.IdentityKey;
import org.postern.identity.LiveTls;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Renew;
import org.postern.tunnel.message.RenewRefused;
import org.postern.tunnel.message.Renewed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the device's certificate over the control link at half of its life, for the same key: a
 * device is its key. Live connections go on with the old one. Confined to the client's loop; the
 * file is written on a virtual thread.
 */
public final class CertificateRenewal {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateRenewal.class);
  private static final long RETRY_MILLIS = 60_000;

  private final EventLoop loop;
  private final LiveTls tls;
  private final Saver saver;
  private final InstantSource clock;
  private final Consumer<Envelope> link;
  private @Nullable IdentityKey asked;
  private long askedAtMillis;

  /** Keeps a renewed credential on disk; may block. */
  @FunctionalInterface
  public interface Saver {
    /** Stores it. */
    void save(Credential credential) throws IdentityException, IOException;
  }

  CertificateRenewal(
      EventLoop loop, LiveTls tls, Saver saver, InstantSource clock, Consumer<Envelope> link) {
    this.loop = loop;
    this.tls = tls;
    this.saver = saver;
    this.clock = clock;
    this.link = link;
  }

  /** Asks for a new certificate when it is time. */
  void check() {
    if (!tls.credential().needsRenewal(clock.instant())) {
      return;
    }
    if (asked != null && clock.millis() - askedAtMillis < RETRY_MILLIS) {
      return;
    }
    IdentityKey key = tls.credential().identityKey();
    asked = key;
    askedAtMillis = clock.millis();
    link.accept(
        Envelope.newBuilder()
            .setRenew(Renew.newBuilder().setCsrDer(ByteString.copyFrom(key.csr())))
            .build());
  }

  void renewed(Renewed renewed) {
    IdentityKey key = asked;
    asked = null;
    if (key == null) {
      return;
    }
    List<byte[]> chain = renewed.getChainDerList().stream().map(ByteString::toByteArray).toList();
    Thread.ofVirtual().start(() -> keep(key, chain));
  }

  private void keep(IdentityKey key, List<byte[]> chain) {
    try {
      Credential credential = Credential.of(key, chain);
      if (!credential.id().equals(tls.credential().id())) {
        LOG.warn("the renewed certificate is for somebody else; kept the old one");
        return;
      }
      saver.save(credential);
      loop.execute(() -> {
        tls.replace(credential);
        LOG.info("certificate renewed until {}", credential.notAfter());
      });
    } catch (IdentityException | IOException e) {
      LOG.warn("the renewed certificate cannot be used: {}", e.getMessage());
    }
  }

  void refused(RenewRefused refused) {
    LOG.warn(
        "certificate not renewed: {} {}; run 'postern login' before {}",
        refused.getReason(),
        refused.getText(),
        tls.credential().notAfter());
  }
}

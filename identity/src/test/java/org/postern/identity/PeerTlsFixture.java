package org.postern.identity;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.postern.identity.Loopback.Connection;
import org.postern.identity.TestCa.Holder;
import org.postern.identity.TestCa.Leaf;

/** A door of ours, and clients that are ours or are not. */
abstract class PeerTlsFixture {
  static final String ALPN = "postern/1";
  static final String ALICE = "spiffe://test.postern/client/alice/laptop";
  static final String BOB = "spiffe://test.postern/client/bob/phone";
  static final String BROKER = "spiffe://test.postern/broker/b1";

  final TestClock clock = new TestClock();
  final TestCa ca = new TestCa(clock);
  final Loopback loopback = new Loopback();
  final List<SslContext> contexts = new ArrayList<>();

  @AfterEach
  void release() {
    loopback.close();
    contexts.forEach(ReferenceCountUtil::release);
  }

  PeerTls tls(Holder holder) throws IdentityException {
    List<byte[]> chain = holder.chain().stream().map(Certs::der).toList();
    return new PeerTls(Credential.of(holder.key(), chain), ca.trust(), clock);
  }

  SslContext door() throws IdentityException {
    return keep(tls(ca.sign(Leaf.named(BROKER))).server(ALPN));
  }

  SslContext keep(SslContext context) {
    contexts.add(context);
    return context;
  }

  /** A client that is not ours: it trusts anybody and presents what it likes. */
  SslContextBuilder stranger() {
    return SslContextBuilder.forClient()
        .sslProvider(SslProvider.OPENSSL_REFCNT)
        .trustManager(InsecureTrustManagerFactory.INSTANCE)
        .endpointIdentificationAlgorithm(null)
        .protocols("TLSv1.3")
        .applicationProtocolConfig(alpn(ALPN));
  }

  static ApplicationProtocolConfig alpn(String protocol) {
    return new ApplicationProtocolConfig(
        Protocol.ALPN,
        SelectorFailureBehavior.NO_ADVERTISE,
        SelectedListenerFailureBehavior.ACCEPT,
        protocol);
  }

  SslContext presenting(Holder holder) throws Exception {
    return keep(stranger().keyManager(new AnyChain(holder)).build());
  }

  Connection dialDoor(Holder holder) throws Exception {
    return loopback.connect(door(), presenting(holder));
  }
}

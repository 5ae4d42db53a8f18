package org.postern.tunnel.link;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelProtocol;

/** A deployment's CA for tests: real chains with URI SANs, on BoringSSL. */
public final class TestPki {
  public static final String BROKER = "spiffe://test/broker/b1";
  public static final String DEVICE = "spiffe://test/client/u1/d1";
  public static final String CONNECTOR = "spiffe://test/connector/vpc-a/c1";

  private static final Duration VALID = Duration.ofHours(1);

  private static final char[] PASSWORD = "test".toCharArray();
  private static final String ALIAS = "root";

  private final X509Bundle root;

  public TestPki() {
    this("CN=Test Root");
  }

  TestPki(String name) {
    try {
      root =
          base(name)
              .setIsCertificateAuthority(true)
              .setKeyUsage(
                  true,
                  CertificateBuilder.KeyUsage.keyCertSign,
                  CertificateBuilder.KeyUsage.digitalSignature)
              .buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private TestPki(X509Bundle root) {
    this.root = root;
  }

  /** The same CA in two processes: its key travels in a file, for measurements only. */
  public static TestPki shared(Path file) {
    try {
      if (Files.exists(file)) {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
          store.load(in, PASSWORD);
        }
        X509Certificate certificate = (X509Certificate) store.getCertificate(ALIAS);
        PrivateKey key = (PrivateKey) store.getKey(ALIAS, PASSWORD);
        return new TestPki(
            X509Bundle.fromRootCertificateAuthority(
                certificate, new KeyPair(certificate.getPublicKey(), key)));
      }
      TestPki made = new TestPki();
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          ALIAS,
          made.root.getKeyPair().getPrivate(),
          PASSWORD,
          new Certificate[] {made.root.getCertificate()});
      try (OutputStream out = Files.newOutputStream(file)) {
        store.store(out, PASSWORD);
      }
      return made;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static CertificateBuilder base(String name) {
    return new CertificateBuilder()
        .ecp256()
        .subject(name)
        .notBefore(Instant.now().minus(VALID))
        .notAfter(Instant.now().plus(VALID));
  }

  public X509Bundle leaf(String spiffeId) {
    return leaf(spiffeId, Instant.now().plus(VALID));
  }

  X509Bundle leaf(String spiffeId, Instant notAfter) {
    try {
      return base("CN=leaf")
          .notAfter(notAfter)
          .notBefore(notAfter.minus(VALID.multipliedBy(2)))
          .addSanUriName(URI.create(spiffeId))
          .setKeyUsage(true, CertificateBuilder.KeyUsage.digitalSignature)
          .addExtendedKeyUsageClientAuth()
          .addExtendedKeyUsageServerAuth()
          .buildIssuedBy(root);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  public SslContext server(X509Bundle own, String alpn) {
    return build(
        SslContextBuilder.forServer(own.getKeyPair().getPrivate(), own.getCertificatePath())
            .clientAuth(ClientAuth.REQUIRE),
        alpn);
  }

  public SslContext client(X509Bundle own, String alpn) {
    return build(
        SslContextBuilder.forClient()
            .keyManager(own.getKeyPair().getPrivate(), own.getCertificatePath()),
        alpn);
  }

  /** Shows any chain, also one that no keystore would take. */
  SslContext client(X509Bundle own, String alpn, X509Certificate... chain) {
    return build(
        SslContextBuilder.forClient()
            .keyManager(new FixedKey(own.getKeyPair().getPrivate(), chain)),
        alpn);
  }

  SslContext clientWithoutCertificate(String alpn) {
    return build(SslContextBuilder.forClient(), alpn);
  }

  private SslContext build(SslContextBuilder builder, String alpn) {
    try {
      return builder
          .sslProvider(SslProvider.OPENSSL)
          .protocols("TLSv1.3")
          .trustManager(root.getCertificate())
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  List.of(alpn)))
          .build();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  public SslContext outerServer(String id) {
    return server(leaf(id), TunnelProtocol.ALPN);
  }

  public SslContext outerClient(String id) {
    return client(leaf(id), TunnelProtocol.ALPN);
  }

  /** Accepts peers whose id, read from the leaf, starts with one of these. */
  public static PeerCheck only(String... prefixes) {
    return session -> {
      String id = idOf(session.getPeerCertificates()[0]);
      if (Stream.of(prefixes).noneMatch(id::startsWith)) {
        throw new SSLPeerUnverifiedException(id + " (expected: " + String.join(", ", prefixes));
      }
      return id;
    };
  }

  private static String idOf(Certificate leaf) throws SSLPeerUnverifiedException {
    try {
      for (List<?> name : ((X509Certificate) leaf).getSubjectAlternativeNames()) {
        if (name.get(1) instanceof String uri && uri.startsWith("spiffe:")) {
          return uri;
        }
      }
    } catch (java.security.cert.CertificateParsingException e) {
      throw new AssertionError(e);
    }
    throw new SSLPeerUnverifiedException("no SPIFFE id");
  }

  private static final class FixedKey extends X509ExtendedKeyManager {
    private final PrivateKey key;
    private final X509Certificate[] chain;

    FixedKey(PrivateKey key, X509Certificate... chain) {
      this.key = key;
      this.chain = chain;
    }

    @Override
    public String chooseEngineClientAlias(
        String @Nullable [] types, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return "own";
    }

    @Override
    public String chooseClientAlias(
        String @Nullable [] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return "own";
    }

    @Override
    public String[] getClientAliases(String type, Principal @Nullable [] issuers) {
      return new String[] {"own"};
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return chain.clone();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }
  }
}

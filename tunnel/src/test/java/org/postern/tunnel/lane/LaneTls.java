package org.postern.tunnel.lane;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;

/** Inner TLS of a lane, mutual, TLS 1.3 on BoringSSL, of one throw-away CA. */
record LaneTls(SslContext client, SslContext server) {
  static LaneTls create() {
    try {
      X509Bundle root =
          new CertificateBuilder()
              .ecp256()
              .subject("CN=lane test root")
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
      X509Bundle leaf =
          new CertificateBuilder().ecp256().subject("CN=lane test").buildIssuedBy(root);
      SslContext client =
          SslContextBuilder.forClient()
              .sslProvider(SslProvider.OPENSSL)
              .protocols("TLSv1.3")
              .trustManager(root.getCertificate())
              .keyManager(leaf.getKeyPair().getPrivate(), leaf.getCertificate())
              .endpointIdentificationAlgorithm("")
              .build();
      SslContext server =
          SslContextBuilder.forServer(leaf.getKeyPair().getPrivate(), leaf.getCertificate())
              .sslProvider(SslProvider.OPENSSL)
              .protocols("TLSv1.3")
              .trustManager(root.getCertificate())
              .clientAuth(ClientAuth.REQUIRE)
              .build();
      return new LaneTls(client, server);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}

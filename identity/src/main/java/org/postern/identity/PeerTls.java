package org.postern.identity;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * TLS contexts between our own parts: BoringSSL, TLS 1.3 only (RFC 8446), key exchange
 * X25519MLKEM768 and then X25519, both sides with a certificate of our CA, one application
 * protocol, no resumption.
 *
 * <p>The application protocol is part of verification: a peer that did not negotiate it fails the
 * handshake. Host names are not looked at; who is there says the SPIFFE id, see {@link PeerRule}.
 *
 * <p>A context is reference counted and owned by the caller, who releases it; connections on it
 * hold their own reference. Most callers want {@link LiveTls} instead. Safe on any thread.
 */
public final class PeerTls {
  private static final String[] GROUPS = {"X25519MLKEM768", "X25519"};
  private static final List<String> CIPHERS =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  private final Credential credential;
  private final PathCheck paths;

  /**
   * @param trust the only certificates that a peer's path may lead to
   * @param clock says what time it is when a peer's path is checked
   * @throws IllegalStateException when BoringSSL cannot be loaded on this machine
   */
  public PeerTls(Credential credential, TrustBundle trust, InstantSource clock) {
    this(credential, new PathCheck(trust, clock));
  }

  PeerTls(Credential credential, PathCheck paths) {
    requireBoringSsl();
    this.credential = credential;
    this.paths = paths;
  }

  static void requireBoringSsl() {
    if (!OpenSsl.isAvailable() || !OpenSsl.versionString().contains("BoringSSL")) {
      throw new IllegalStateException(
          "BoringSSL cannot be loaded; expected netty-tcnative-boringssl-static for this platform"
              + " on the class path and --enable-native-access=ALL-UNNAMED",
          OpenSsl.unavailabilityCause());
    }
  }

  /** A context that accepts; the dialing peer must show a certificate for client use. */
  public SslContext server(String alpn) {
    X509Certificate[] chain = credential.chain().toArray(X509Certificate[]::new);
    return build(
        SslContextBuilder.forServer(credential.privateKey(), chain)
            .clientAuth(ClientAuth.REQUIRE)
            .trustManager(new HandshakeTrust(paths, alpn)),
        alpn);
  }

  /** A context that dials; the accepting peer must show a certificate for server use. */
  public SslContext client(String alpn) {
    X509Certificate[] chain = credential.chain().toArray(X509Certificate[]::new);
    return build(
        SslContextBuilder.forClient()
            .keyManager(credential.privateKey(), chain)
            .endpointIdentificationAlgorithm(null)
            .trustManager(new HandshakeTrust(paths, alpn)),
        alpn);
  }

  private static SslContext build(SslContextBuilder builder, String alpn) {
    ApplicationProtocolConfig protocol =
        new ApplicationProtocolConfig(
            Protocol.ALPN,
            SelectorFailureBehavior.NO_ADVERTISE,
            SelectedListenerFailureBehavior.ACCEPT,
            alpn);
    try {
      SslContext context =
          builder
              .sslProvider(SslProvider.OPENSSL_REFCNT)
              .protocols("TLSv1.3")
              .ciphers(CIPHERS)
              .option(OpenSslContextOption.GROUPS, GROUPS)
              .option(
                  OpenSslContextOption.MAX_CERTIFICATE_LIST_BYTES,
                  IdentityLimits.MAX_CERTIFICATE_LIST_BYTES)
              // Verification is microseconds once a leaf is known: a task per step costs more.
              .option(OpenSslContextOption.USE_TASKS, false)
              .applicationProtocolConfig(protocol)
              .build();
      ((OpenSslSessionContext) context.sessionContext()).setSessionCacheEnabled(false);
      return context;
    } catch (SSLException e) {
      throw new IllegalStateException("BoringSSL refused our own TLS settings", e);
    }
  }
}

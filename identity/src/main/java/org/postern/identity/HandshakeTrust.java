package org.postern.identity;

import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Called by BoringSSL inside the handshake, with the certificates the peer sent. The first one is
 * the one whose key signs the handshake (RFC 8446 §4.4.2); the rest is only material for its path.
 */
final class HandshakeTrust extends X509ExtendedTrustManager {
  private final PathCheck paths;
  private final String alpn;

  HandshakeTrust(PathCheck paths, String alpn) {
    this.paths = paths;
    this.alpn = alpn;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    long ssl = requireProtocol(engine);
    // Netty turns tickets on for every TLS 1.3 engine. Nobody resumes here, so do not send any.
    SSL.setOptions(ssl, SSL.SSL_OP_NO_TICKET);
    remember(engine, paths.verify(chain, PathCheck.Use.CLIENT));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    requireProtocol(engine);
    remember(engine, paths.verify(chain, PathCheck.Use.SERVER));
  }

  /** Netty's OpenSSL engine cannot be told to fail without a common protocol, so this does. */
  private long requireProtocol(SSLEngine engine) throws CertificateException {
    if (!(engine instanceof ReferenceCountedOpenSslEngine openSsl)) {
      throw new CertificateException("expected a BoringSSL engine made by PeerTls");
    }
    long ssl = openSsl.sslPointer();
    String negotiated = ssl == 0 ? null : SSL.getAlpnSelected(ssl);
    if (!alpn.equals(negotiated)) {
      throw new CertificateException(
          "peer negotiated no common application protocol; expected ALPN " + alpn);
    }
    return ssl;
  }

  private static void remember(SSLEngine engine, VerifiedPeer peer) throws CertificateException {
    SSLSession session = engine.getHandshakeSession();
    if (session == null) {
      throw new CertificateException("certificate arrived outside of a handshake");
    }
    session.putValue(VerifiedPeer.SESSION_KEY, peer);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
      throws CertificateException {
    throw engineOnly();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
      throws CertificateException {
    throw engineOnly();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw engineOnly();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw engineOnly();
  }

  private static CertificateException engineOnly() {
    return new CertificateException("peers are verified on an engine of PeerTls only");
  }

  /** None: the names would only make the handshake larger, a peer has one certificate. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}

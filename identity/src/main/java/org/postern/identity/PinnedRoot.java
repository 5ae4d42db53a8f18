package org.postern.identity;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts servers whose presented path, fully validated, ends at one certificate known by its
 * fingerprint; and those that the JDK's own trust store accepts. Clients never.
 */
final class PinnedRoot extends X509ExtendedTrustManager {
  private final String fingerprint;
  private final X509ExtendedTrustManager jdk;

  PinnedRoot(String fingerprint) throws GeneralSecurityException {
    this.fingerprint = fingerprint;
    this.jdk = trusting(null);
  }

  private static X509ExtendedTrustManager trusting(@Nullable KeyStore anchors)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(anchors);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager found) {
        return found;
      }
    }
    throw new GeneralSecurityException("the JDK offers no X.509 trust manager");
  }

  private X509ExtendedTrustManager judge(X509Certificate[] chain) throws CertificateException {
    for (X509Certificate certificate : chain) {
      if (Certs.fingerprint(Certs.der(certificate)).equals(fingerprint)) {
        try {
          KeyStore anchor = KeyStore.getInstance("PKCS12");
          anchor.load(null, null);
          anchor.setCertificateEntry("pinned", certificate);
          return trusting(anchor);
        } catch (GeneralSecurityException | IOException e) {
          throw new CertificateException("the pinned certificate cannot be an anchor", e);
        }
      }
    }
    return jdk;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    judge(chain).checkServerTrusted(chain, authType, engine);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    judge(chain).checkServerTrusted(chain, authType, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    // Without an engine or a socket the host name would not be looked at.
    throw new CertificateException("expected a check that knows the host name");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("clients are not trusted here");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("clients are not trusted here");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("clients are not trusted here");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return jdk.getAcceptedIssuers();
  }
}

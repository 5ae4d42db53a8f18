package org.postern.identity;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** TLS for the HTTPS door, where browsers and not yet enrolled peers come. */
public final class WebTls {
  private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256", "P-384"};

  private WebTls() {}

  /**
   * A context that accepts browsers: BoringSSL, TLS 1.3 and 1.2, no client certificate. Reference
   * counted, owned by the caller.
   *
   * @param alpn in order of preference, for example {@code h2}, {@code http/1.1}
   */
  public static SslContext server(ServerCertificate certificate, String... alpn) {
    PeerTls.requireBoringSsl();
    X509Certificate[] chain = certificate.chain().toArray(X509Certificate[]::new);
    try {
      return SslContextBuilder.forServer(certificate.privateKey(), chain)
          .sslProvider(SslProvider.OPENSSL_REFCNT)
          .protocols("TLSv1.3", "TLSv1.2")
          .clientAuth(ClientAuth.NONE)
          .option(OpenSslContextOption.GROUPS, GROUPS)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  alpn))
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("BoringSSL refused the HTTPS door's certificate", e);
    }
  }

  /**
   * A JDK context, for {@code java.net.http.HttpClient}, that trusts the given bundle's roots and
   * nothing else; host names are checked by the HTTP client.
   */
  public static SSLContext client(TrustBundle trust) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      for (X509Certificate root : trust.roots()) {
        store.setCertificateEntry(Certs.fingerprint(Certs.der(root)), root);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("the JDK refused our CA's certificates", e);
    }
  }

  /**
   * A JDK context, for {@code java.net.http.HttpClient}, for a first contact with nothing but the
   * fingerprint of the deployment's root in hand. It trusts servers whose presented path ends at
   * the certificate of that fingerprint, and those that the JDK trusts anyway (an operator's own
   * certificate on the HTTPS door): in that case the caller must still compare the fingerprint with
   * {@link TrustBundle#rootFingerprints} of the bundle it is given.
   *
   * @param rootFingerprint SHA-256 in hex; colons and upper case are allowed
   * @throws IllegalArgumentException when it is not that
   */
  public static SSLContext clientPinned(String rootFingerprint) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new PinnedRoot(fingerprint(rootFingerprint))}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no TLS or no trust store of its own", e);
    }
  }

  /**
   * The one spelling of a SHA-256 fingerprint: 64 lower-case hex digits.
   *
   * @throws IllegalArgumentException when the text is no fingerprint, with what was expected
   */
  public static String fingerprint(String text) {
    String digits = text.strip().replace(":", "").toLowerCase(Locale.ROOT);
    if (!digits.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "fingerprint is not SHA-256 in hex; expected 64 hex digits, as the broker prints them");
    }
    return digits;
  }
}

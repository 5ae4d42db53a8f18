package org.postern.acceptance.signin;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.postern.acceptance.ground.provider.Keycloak;
import org.postern.broker.BrokerSettings;
import org.postern.identity.ServiceKey;

/** Keycloak's own certificate, signed by itself, and who believes it. */
record KeycloakTls(Keycloak.Secure files) {
  static KeycloakTls make(Path folder) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    ServiceKey key = ServiceKey.generate("localhost", Instant.now());
    Path certificate = pem(folder.resolve("keycloak-cert.pem"), "CERTIFICATE", key.certificate());
    Path own = pem(folder.resolve("keycloak-key.pem"), "PRIVATE KEY", key.pkcs8());
    return new KeycloakTls(new Keycloak.Secure(port, certificate, own));
  }

  private static Path pem(Path file, String what, byte[] der) throws Exception {
    String base64 =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(what, base64));
  }

  URI address() {
    return URI.create("https://localhost:" + files.port());
  }

  /** The broker, as {@code --issuer-ca} makes it. */
  BrokerSettings trustedBy(BrokerSettings broker) {
    return new BrokerSettings(
        broker.foundation(),
        broker.listen(),
        broker.hostNames(),
        broker.publicUrl(),
        broker.tlsCertificate(),
        broker.tlsKey(),
        broker.privateIssuers(),
        Optional.of(files.certificate()),
        broker.countryFile(),
        broker.newAdminToken());
  }

  /** A browser, that believes the deployment's CA too. */
  SSLContext trustedWith(Path ca) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int count = 0;
    for (Path file : new Path[] {files.certificate(), ca}) {
      try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(file))) {
        for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          store.setCertificateEntry("c" + count++, each);
        }
      }
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}

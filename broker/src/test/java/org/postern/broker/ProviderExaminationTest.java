package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.identity.ServiceKey;
import picocli.CommandLine;

/** {@code postern admin idp test} says of each thing that is wrong what it is and what to do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ProviderExaminationTest {
  private static final String DESCRIPTION =
      "{\"issuer\":\"ISSUER\",\"authorization_endpoint\":\"ISSUER/authorize\","
          + "\"token_endpoint\":\"ISSUER/token\",\"jwks_uri\":\"ISSUER/keys\","
          + "\"response_types_supported\":[\"code\"],\"subject_types_supported\":[\"public\"],"
          + "\"id_token_signing_alg_values_supported\":[\"RS256\"]}";

  @TempDir private static Path folder;
  private TestProvider provider;
  private HttpsServer untrusted;
  private String silent = "";
  private BrokerUnderTest broker;

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    untrusted = untrusted();
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      silent = "http://127.0.0.1:" + free.getLocalPort();
    }
    broker =
        new BrokerUnderTest(
            folder.resolve("data"),
            Set.of(
                provider.issuer(),
                silent,
                tls(),
                "https://no-such-host.invalid",
                provider.issuer() + "/metadata"));
  }

  @AfterAll
  void stop() {
    broker.close();
    provider.close();
    untrusted.stop(0);
  }

  @AfterEach
  void behave() {
    for (String path : List.of(TestProvider.DISCOVERY, "/keys", "/authorize", "/token")) {
      provider.misbehave(path, 0, "");
    }
    provider.claims(claims -> claims);
    provider.knows("");
  }

  private static HttpsServer untrusted() throws Exception {
    ServiceKey key = ServiceKey.generate("localhost", Instant.now());
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    Certificate certificate =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(key.certificate()));
    store.setKeyEntry("own", key.privateKey(), new char[0], new Certificate[] {certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.start();
    return server;
  }

  private String tls() {
    return "https://localhost:" + untrusted.getAddress().getPort();
  }

  private void configure(String issuer, String more) throws Exception {
    HttpResponse<String> applied =
        broker.admin(
            "POST",
            "/admin/v1/apply",
            "version: 1\nidentityProviders: [{name: corp, issuer: \"%s\", clientId: %s%s}]\n"
                .formatted(issuer, TestProvider.CLIENT, more));
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
  }

  private record Outcome(int code, String out) {}

  /** The command; what it prints, in one line. */
  private Outcome test() {
    List<String> all =
        List.of(
            "admin",
            "idp",
            "test",
            "corp",
            "--url",
            broker.broker.publicUrl().toString(),
            "--data-dir",
            broker.dataDir.toString());
    StringWriter out = new StringWriter();
    CommandLine commands = BrokerMain.commandLine();
    commands.setOut(new PrintWriter(out, true));
    commands.setErr(new PrintWriter(out, true));
    int code = commands.execute(all.toArray(String[]::new));
    return new Outcome(code, out.toString().replaceAll("\\s+", " "));
  }

  private void says(String what, String next) {
    Outcome outcome = test();
    assertThat(outcome.out()).contains(what).contains(next);
    assertThat(outcome.code()).as(outcome.out()).isNotZero();
  }

  @Test
  void nothingIsWrongWithAGoodOne() throws Exception {
    configure(provider.issuer(), "");
    provider.knows(broker.url("/signin/callback").toString());
    Outcome outcome = test();
    assertThat(outcome.out())
        .contains(
            "our question is not refused, and one with a made-up",
            "of a made-up code it refuses the code alone")
        .doesNotContain("wrong");
    assertThat(outcome.code()).as(outcome.out()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SILENT | no connection to port | a firewall lets the broker's host connect",
        "https://no-such-host.invalid | its name does not resolve | Check the address for a typing"
            + " error",
        "TLS | signed by nobody who is trusted here | --issuer-ca FILE",
        "https://127.0.0.9:1 | has a private address | --allow-private-issuer"
      })
  void providerThatIsNotReachedIsToldFromOneThatIsNotTrusted(
      String issuer, String what, String next) throws Exception {
    configure(issuer.replace("SILENT", silent).replace("TLS", tls()), "");
    says(what, next);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/.well-known/openid-configuration | 404 | {} | status 404 | Copy the issuer anew",
        "/.well-known/openid-configuration | 302 | {} | a redirect, which is not followed |"
            + " Configure the address that it leads to",
        "/.well-known/openid-configuration | 200 | <!DOCTYPE html> | it begins with <!DOCTYPE |"
            + " address of a page for people",
        "/.well-known/openid-configuration | 200 | {\"issuer\":\"https://x.example\"} | names"
            + " issuer https://x.example (expected: http | issuer: https://x.example",
        "/.well-known/openid-configuration | 200 |"
            + " {\"issuer\":\"ISSUER\",\"jwks_uri\":\"ISSUER/keys\"} | discovery lacks"
            + " authorization_endpoint, token_endpoint | authorization code flow",
        "/.well-known/openid-configuration | 200 | LARGE | its answer is longer than | Check the"
            + " address",
        "/.well-known/openid-configuration | 200 | HS256 | signs ID tokens only with [HS256] |"
            + " Choose such an algorithm",
        "/keys | 500 | {} | keys: status 500 | must answer there",
        "/keys | 200 | nothing | keys are not a JWK set | publish a JSON Web Key Set",
        "/keys | 200 | {\"keys\":[]} | no key at | must publish the key that signs",
        "/token | 401 | {\"error\":\"invalid_client\"} | refuses a client without a secret"
            + " (invalid_client) | Copy clientId and clientSecret again",
        "/authorize | 400 | no | refuses our question (status 400) | Register this redirect URI"
            + " there, exactly: https://localhost"
      })
  void everyFaultOfAProviderHasItsSentenceAndItsNextStep(
      String path, int status, String body, String what, String next) throws Exception {
    configure(provider.issuer(), "");
    String answer =
        switch (body) {
          case "LARGE" -> "x".repeat(600_000);
          case "HS256" -> DESCRIPTION.replace("RS256", "HS256");
          default -> body;
        };
    provider.misbehave(path, status, answer);
    says(what, next);
  }

  @Test
  void redirectUriIsKnownOnlyIfAMadeUpOneIsAnsweredOtherwise() throws Exception {
    configure(provider.issuer(), "");
    assertThat(test().out())
        .as("this provider takes any")
        .contains("sends browsers to a redirect URI that nobody registered, too");

    provider.misbehave("/authorize", 200, "<title>Oops</title><p>The redirect URI is not known");
    Outcome alike = test();
    assertThat(alike.out())
        .contains("one with a made-up redirect URI is answered alike (status 200)")
        .contains("Compare the redirect URI there with exactly this one: https://localhost")
        .contains("open the test sign-in below");
    assertThat(alike.code()).as("nothing is known to be amiss").isZero();

    provider.knows(broker.url("/signin/callback").toString());
    provider.misbehave("/authorize", 0, "");
    assertThat(test().out())
        .contains("our question is not refused, and one with a made-up redirect URI is answered");
    provider.knows("https://somewhere.else/callback");
    assertThat(test().out()).contains("is answered alike (status 200)");
  }

  @Test
  void proofThatTheProviderDoesNotTakeIsNamed() throws Exception {
    configure(provider.issuer(), ", clientSecret: wrong");
    provider.misbehave("/token", 401, "{\"error\":\"invalid_client\"}");
    says("refuses the client id or its secret", "may have been renewed or have run out");
    configure(provider.issuer(), ", clientKey: true");
    says("does not accept private_key_jwt", "Allow it there, or use clientSecret");
    configure(provider.issuer(), ", userInfo: true");
    provider.misbehave(TestProvider.DISCOVERY, 200, DESCRIPTION);
    says("discovery names no userinfo_endpoint", "Leave userInfo out");
    configure(provider.issuer(), ", clientSecretFile: /no/such/file");
    says("/no/such/file", "client secret");
  }

  @Test
  void whatTheLastSignInLackedIsNamed() throws Exception {
    configure(
        provider.issuer(),
        ", attributes: {department: dept}, signIn: [users, administrators],"
            + " administrators: [{group: ops, role: auditor}]");
    provider.claims(claims -> claims.claim("groups", null));
    assertThat(broker.signIn().statusCode()).isEqualTo(303);
    Outcome outcome = test();
    assertThat(outcome.out())
        .contains("attribute department", "the last sign-in had no dept")
        .contains("the last sign-in had no groups, by which administrators get their roles");
    assertThat(outcome.code()).as("somebody can sign in all the same").isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOTHING | status 404 | Copy metadataUrl anew",
        "PAGE | metadata: | What is there is no SAML 2.0 metadata",
        "EXPIRED | metadata was valid until 2020-01-01T00:00:00Z | must publish it anew",
        "KEYLESS | 0 usable signing keys | must publish the certificate that it signs with",
        "UNSIGNED | metadata is not taken: its root is not signed | add it under metadataSigners",
        "FILE | cannot be read | on every broker's host"
      })
  void everyFaultOfMetadataHasItsSentenceAndItsNextStep(String kind, String what, String next)
      throws Exception {
    Path file = folder.resolve("metadata-" + kind + ".xml");
    String entity =
        """
        <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp"%s>
        <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">%s
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
         Location="https://idp/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>
        """;
    String where =
        switch (kind) {
          case "UNSIGNED" ->
              "metadataSigners: [\"%s\"], metadataFile: %s".formatted("0a".repeat(32), file);
          case "NOTHING" -> "metadataUrl: \"" + provider.issuer() + "/metadata\"";
          case "FILE" -> "metadataFile: /no/such/file";
          default -> "metadataFile: " + file;
        };
    Files.writeString(
        file,
        switch (kind) {
          case "EXPIRED" -> entity.formatted(" validUntil=\"2020-01-01T00:00:00Z\"", certificate());
          case "UNSIGNED" -> entity.formatted("", certificate());
          case "KEYLESS" -> entity.formatted("", "");
          default -> "<!doctype html><p>Sign in";
        });
    HttpResponse<String> applied =
        broker.admin(
            "POST",
            "/admin/v1/apply",
            "version: 1\nidentityProviders: [{name: corp, saml: {%s}}]\n".formatted(where));
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
    says(what, next);
  }

  private static String certificate() {
    return """
    <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
    <ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    """
        .formatted(
            java.util.Base64.getEncoder()
                .encodeToString(ServiceKey.generate("idp", Instant.now()).certificate()));
  }
}

package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.BrokerUnderTest;
import org.postern.identity.KeyCertificate;
import org.postern.identity.ServiceKey;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Administrators who sign in through a SAML provider. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdministratorSamlTest {
  private static final Duration ANSWER = Duration.ofSeconds(30);

  @TempDir private static Path dataDir;
  private final TestIdp idp = new TestIdp("https://idp.example/saml");
  private BrokerUnderTest broker;
  private ServicePlaces places;
  private int assertions;

  @BeforeAll
  void start() throws Exception {
    broker = new BrokerUnderTest(dataDir, Set.of());
    places =
        ServicePlaces.of(
            SamlTestBed.provider(SamlTestBed.saml("")), SamlTestBed.saml(""), broker.url("/"));
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  private void configure(String administrators) throws Exception {
    HttpResponse<String> applied =
        broker.admin(
            "POST",
            "/admin/v1/apply",
            """
            version: 1
            identityProviders:
              - name: corp
                domains: [example.com]
                attributes: {unit: department}
                signIn: [administrators]
                administrators: %s
                saml:
                  allowUnsolicited: true
                  metadata: |
            %s
            """
                .formatted(administrators, idp.metadata().strip().indent(8)));
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
  }

  private static String parameter(URI address, String name) {
    Matcher found = Pattern.compile("[?&]" + name + "=([^&]*)").matcher(address.toString());
    assertThat(found.find()).as("%s in %s", name, address).isTrue();
    return URLDecoder.decode(found.group(1), StandardCharsets.UTF_8);
  }

  private static String requestId(String deflated) throws Exception {
    Inflater inflater = new Inflater(true);
    inflater.setInput(Base64.getDecoder().decode(deflated));
    byte[] xml = new byte[16_384];
    int length = inflater.inflate(xml);
    inflater.end();
    Matcher id =
        Pattern.compile(" ID=\"([^\"]+)\"")
            .matcher(new String(xml, 0, length, StandardCharsets.UTF_8));
    assertThat(id.find()).isTrue();
    return id.group(1);
  }

  private HttpResponse<String> consumed(
      HttpClient browser, String cookie, String request, String relay) throws Exception {
    Document document =
        idp.response(
            Instant.now(),
            places,
            words -> words.set("request", request).set("confirmedRequest", request));
    assertions++;
    TestIdp.find(document, "Assertion").setAttribute("ID", "_assertion-" + assertions);
    return send(browser, cookie, TestIdp.bytes(idp.signedAssertion(document)), relay);
  }

  private HttpResponse<String> send(HttpClient browser, String cookie, byte[] xml, String relay)
      throws Exception {
    String form =
        "SAMLResponse="
            + URLEncoder.encode(Base64.getEncoder().encodeToString(xml), StandardCharsets.UTF_8)
            + "&RelayState="
            + URLEncoder.encode(relay, StandardCharsets.UTF_8);
    return browser.send(
        HttpRequest.newBuilder(broker.url("/signin/saml/corp/acs"))
            .timeout(ANSWER)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Cookie", cookie)
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> signIn(HttpClient browser) throws Exception {
    HttpResponse<String> begun = get(browser, "/admin/signin/provider?provider=corp", "a=b");
    URI there = URI.create(begun.headers().firstValue("Location").orElseThrow());
    return consumed(
        browser,
        begun.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", ""),
        requestId(parameter(there, "SAMLRequest")),
        parameter(there, "RelayState"));
  }

  private HttpResponse<String> get(HttpClient browser, String path, String cookie)
      throws Exception {
    return browser.send(
        HttpRequest.newBuilder(broker.url(path)).timeout(ANSWER).header("Cookie", cookie).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void groupsAndAttributesOfAnAssertionGiveARoleAndNothingElseDoes() throws Exception {
    try (HttpClient browser = broker.from(21)) {
      configure("[{group: ops, role: owner}]");
      assertThat(signIn(browser).body()).contains("signin-no-role");

      configure("[{attribute: unit, value: \"Forschung & Übersee\", role: auditor}]");
      HttpResponse<String> back = signIn(browser);
      assertThat(back.statusCode()).as(back.body()).isEqualTo(303);
      String cookie = back.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
      assertThat(get(browser, "/admin/signin/session", cookie).body())
          .contains("corp:alice@example.com", "\"role\":\"auditor\"");

      configure("[{group: dev, role: operator}]");
      assertThat(get(browser, "/admin/signin/session", cookie).body())
          .as("the mapping is another one")
          .contains("\"signedIn\":false");
    }
  }

  @Test
  void singleLogoutThatTheProviderStartsEndsTheBrowsersSessionAndSaysSo() throws Exception {
    configure("[{group: staff, role: operator}]");
    try (HttpClient browser = broker.from(24)) {
      HttpResponse<String> back = signIn(browser);
      assertThat(back.statusCode()).as(back.body()).isEqualTo(303);
      String cookie = back.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
      assertThat(signOut(browser, "another-index").statusCode()).isEqualTo(303);
      assertThat(get(browser, "/admin/signin/session", cookie).body())
          .contains("\"signedIn\":true");
      assertThat(signOut(browser, "idx-1").headers().firstValue("Location").orElseThrow())
          .startsWith("https://idp.example/slo?SAMLResponse=");
      assertThat(get(browser, "/admin/signin/session", cookie).body())
          .contains("\"signedIn\":false", "\"ended\":\"signed out at corp\"");
    }
  }

  private HttpResponse<String> signOut(HttpClient browser, String index) throws Exception {
    Document document =
        TestIdp.parse(
            """
            <samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" \
            xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_out-%s" Version="2.0" \
            IssueInstant="%s" Destination="%s"><saml:Issuer>%s</saml:Issuer>\
            <saml:NameID>alice-4711</saml:NameID>\
            <samlp:SessionIndex>%s</samlp:SessionIndex></samlp:LogoutRequest>\
            """
                .formatted(index, Instant.now(), places.signOut(), idp.entityId, index));
    idp.sign(document.getDocumentElement(), TestIdp.RSA_SHA256, TestIdp.SHA256);
    String form =
        "SAMLRequest="
            + URLEncoder.encode(
                Base64.getEncoder().encodeToString(TestIdp.bytes(document)),
                StandardCharsets.UTF_8);
    return browser.send(
        HttpRequest.newBuilder(broker.url("/signin/saml/corp/slo"))
            .timeout(ANSWER)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static void name(Document document, ServiceKey key) {
    Element signature = TestIdp.find(document, "Signature");
    Element info = document.createElementNS(Dom.SIGNATURE, "ds:KeyInfo");
    Element data = document.createElementNS(Dom.SIGNATURE, "ds:X509Data");
    Element certificate = document.createElementNS(Dom.SIGNATURE, "ds:X509Certificate");
    certificate.setTextContent(Base64.getEncoder().encodeToString(key.certificate()));
    signature.appendChild(info).appendChild(data).appendChild(certificate);
  }

  private HttpResponse<String> testSignIn(HttpClient browser, ServiceKey signer, ServiceKey named)
      throws Exception {
    String link =
        new ObjectMapper()
            .readTree(broker.admin("GET", "/admin/v1/identity-providers/corp/test", "").body())
            .path("testSignIn")
            .asText();
    HttpResponse<String> begun =
        get(browser, "/signin/test?" + URI.create(link).getRawQuery(), "a=b");
    URI there = URI.create(begun.headers().firstValue("Location").orElseThrow());
    String request = requestId(parameter(there, "SAMLRequest"));
    Document document =
        idp.response(
            Instant.now(),
            places,
            words -> words.set("request", request).set("confirmedRequest", request));
    TestIdp.find(document, "Assertion").setAttribute("ID", "_tested-" + assertions++);
    TestIdp.sign(
        TestIdp.find(document, "Assertion"),
        signer,
        TestIdp.RSA_SHA256,
        TestIdp.SHA256,
        Algorithms.EXCLUSIVE);
    name(document, named);
    return send(
        browser,
        begun.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", ""),
        TestIdp.bytes(document),
        parameter(there, "RelayState"));
  }

  @Test
  void testSignInNamesTheCertificateThatSignedAndThoseOfTheMetadata() throws Exception {
    ServiceKey other = ServiceKey.generate("other", Instant.now());
    String signed = KeyCertificate.of(other.certificate()).fingerprint();
    String expected = KeyCertificate.of(idp.key.certificate()).fingerprint();
    configure("[{group: staff, role: owner}]");
    String told = "Expected of the metadata (SHA-256): " + expected;
    try (HttpClient browser = broker.from(23)) {
      assertThat(testSignIn(browser, other, other).body())
          .contains("The test sign-in was refused", "signin-saml-signature", told)
          .contains("the assertion is signed by certificate " + signed);
      assertThat(broker.admin("GET", "/admin/v1/identity-providers/corp/test", "").body())
          .contains("the assertion is signed by certificate " + signed, told, "\"wrong\"");
      assertThat(testSignIn(browser, other, idp.key).body())
          .contains("names certificate " + expected + ", but that did not sign it");
      assertThat(testSignIn(browser, idp.key, idp.key).body()).contains("The test sign-in worked");
      assertThat(broker.admin("GET", "/admin/v1/identity-providers/corp/test", "").body())
          .doesNotContain("was refused");
    }
  }

  @Test
  void unsolicitedAssertionMakesNobodyAnAdministrator() throws Exception {
    configure("[{group: staff, role: owner}]");
    try (HttpClient browser = broker.from(22)) {
      HttpResponse<String> page = consumed(browser, "a=b", "", "");
      assertThat(page.body()).contains("signin-not-for-you");
      assertThat(page.headers().map()).doesNotContainKey("set-cookie");
    }
  }
}

package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.opensaml.saml.saml2.core.LogoutResponse;
import org.opensaml.saml.saml2.core.StatusCode;
import org.postern.broker.signin.FormBody;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.identity.ServiceKey;
import org.w3c.dom.Document;

/** A sign-out that a provider asks for is believed if it is the provider's, to us, now. */
final class LogoutCheckTest {
  private final SamlTestBed bed = new SamlTestBed();
  private final SamlProvider client = bed.client(SamlTestBed.saml(""));
  private final LogoutCheck check = new LogoutCheck(client);

  private String request(Map<String, String> changed, String... sessions) {
    StringBuilder indexes = new StringBuilder();
    for (String session : sessions) {
      indexes.append("<samlp:SessionIndex>").append(session).append("</samlp:SessionIndex>");
    }
    return """
    <samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" \
    xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_out" Version="2.0" \
    IssueInstant="%s" Destination="%s"><saml:Issuer>%s</saml:Issuer>\
    <saml:NameID>%s</saml:NameID>%s</samlp:LogoutRequest>\
    """
        .formatted(
            changed.getOrDefault("at", bed.now.toString()),
            changed.getOrDefault("to", client.places().signOut().toString()),
            changed.getOrDefault("issuer", bed.idp.entityId),
            changed.getOrDefault("name", "alice-4711"),
            indexes);
  }

  private static FormBody form(Document document) throws Exception {
    String sent = Base64.getEncoder().encodeToString(TestIdp.bytes(document));
    return FormBody.parse(
        ("SAMLRequest=" + java.net.URLEncoder.encode(sent, StandardCharsets.UTF_8))
            .getBytes(StandardCharsets.UTF_8));
  }

  private FormBody signed(String xml) throws Exception {
    return signed(xml, bed.idp.key);
  }

  private static FormBody signed(String xml, ServiceKey key) throws Exception {
    Document document = TestIdp.parse(xml);
    TestIdp.sign(
        document.getDocumentElement(),
        key,
        TestIdp.RSA_SHA256,
        TestIdp.SHA256,
        Algorithms.EXCLUSIVE);
    return form(document);
  }

  private static void refused(SignInFault fault, ThrowingCallable what) {
    assertThatThrownBy(what)
        .isInstanceOfSatisfying(SignInException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }

  @Test
  void allSessionsThatAreNamedEnd() throws Exception {
    LogoutCheck.Asked asked = check.byPost(signed(request(Map.of(), "one", "two", "three")));
    assertThat(asked.name()).isEqualTo("alice-4711");
    assertThat(asked.sessions()).containsExactly("one", "two", "three");
    assertThat(check.byPost(signed(request(Map.of()))).sessions()).isEmpty();
  }

  @Test
  void emptySessionIndexIsNotAllSessions() throws Exception {
    FormBody form = signed(request(Map.of(), ""));
    refused(SignInFault.SAML_SHAPE, () -> check.byPost(form));
  }

  @Test
  void moreSessionsThanTheLimitAreRefused() throws Exception {
    FormBody form = signed(request(Map.of(), new String[65]));
    refused(SignInFault.SAML_TOO_LARGE, () -> check.byPost(form));
  }

  @Test
  void unsignedIsRefused() throws Exception {
    FormBody form = form(TestIdp.parse(request(Map.of())));
    refused(SignInFault.SAML_UNSIGNED, () -> check.byPost(form));
  }

  @Test
  void strangersKeyIsRefused() throws Exception {
    ServiceKey stranger = ServiceKey.generate("stranger", SamlTestBed.NOW);
    FormBody form = signed(request(Map.of()), stranger);
    refused(SignInFault.SAML_SIGNATURE, () -> check.byPost(form));
  }

  @Test
  void changedAfterSigningIsRefused() throws Exception {
    Document document = TestIdp.parse(request(Map.of()));
    TestIdp.sign(
        document.getDocumentElement(),
        bed.idp.key,
        TestIdp.RSA_SHA256,
        TestIdp.SHA256,
        Algorithms.EXCLUSIVE);
    TestIdp.find(document, "NameID").setTextContent("bob");
    FormBody form = form(document);
    refused(SignInFault.SAML_SIGNATURE, () -> check.byPost(form));
  }

  @Test
  void keyThatIsNewAtTheProviderIsLookedUp() throws Exception {
    check.byPost(signed(request(Map.of())));
    ServiceKey next = ServiceKey.generate("next", SamlTestBed.NOW);
    bed.published = bed.idp.metadata(next);
    assertThat(check.byPost(signed(request(Map.of(), "one"), next)).sessions())
        .containsExactly("one");
  }

  @Test
  void otherIssuerOtherPlaceAndOtherTimeAreRefused() throws Exception {
    FormBody issuer = signed(request(Map.of("issuer", "https://other.example")));
    refused(SignInFault.SAML_ISSUER, () -> check.byPost(issuer));
    FormBody place = signed(request(Map.of("to", "https://other.example/slo")));
    refused(SignInFault.SAML_RECIPIENT, () -> check.byPost(place));
    for (Instant at : List.of(bed.now.minusSeconds(361), bed.now.plusSeconds(61))) {
      FormBody time = signed(request(Map.of("at", at.toString())));
      refused(SignInFault.SAML_TIME, () -> check.byPost(time));
    }
    FormBody nobody = signed(request(Map.of("name", "")));
    refused(SignInFault.SAML_SUBJECT, () -> check.byPost(nobody));
  }

  @Test
  void answerSaysWhetherThereWasAnythingToEnd() {
    assertThat(code(true)).isEqualTo(StatusCode.SUCCESS);
    assertThat(code(false)).isEqualTo(StatusCode.REQUESTER);
  }

  private String code(boolean known) {
    LogoutResponse answer =
        Requests.loggedOut(
            "_a", bed.now, client.places().signOut(), client.places(), "_out", known);
    return answer.getStatus().getStatusCode().getValue();
  }
}

package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.Asserted;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.postern.identity.ServiceKey;
import org.postern.policystore.IdentityProvider.Saml;
import org.postern.policystore.IdentityProvider.SamlOption;
import org.w3c.dom.Document;

/** What is believed of honest providers, and why the others are refused. */
final class SamlResponseTest {
  private static final String GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
  private static final String CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
  private static final String OAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";

  private final SamlTestBed bed = new SamlTestBed();
  private final SamlProvider client = bed.client(SamlTestBed.saml(""));

  private void refused(byte[] xml, SignInFault fault) {
    refused(client, xml, fault);
  }

  private static void refused(SamlProvider client, byte[] xml, SignInFault fault) {
    assertThatThrownBy(() -> client.verify(xml))
        .isInstanceOfSatisfying(
            SignInException.class, e -> assertThat(e.fault()).as(e.getMessage()).isEqualTo(fault));
  }

  private void refused(Consumer<TestIdp.Words> change, SignInFault fault) throws Exception {
    refused(bed.signed(change), fault);
  }

  private static void isAlice(VerifiedResponse response) {
    Asserted asserted = response.asserted();
    assertThat(asserted.person().subject()).isEqualTo("alice-4711");
    assertThat(asserted.person().email()).isEqualTo("alice@example.com");
    assertThat(asserted.person().groups()).containsExactly("staff", "dev");
    assertThat(asserted.person().attributes())
        .containsEntry("dept", List.of("Forschung & Übersee"))
        .containsEntry("id", List.of("alice-4711"));
    assertThat(asserted.authentication().providerSession()).isEqualTo("idx-1");
    assertThat(asserted.authentication().method().context()).endsWith("Password");
    assertThat(response.inResponseTo()).isEqualTo("_request-1");
    assertThat(response.assertionId()).isEqualTo("_assertion");
  }

  @Test
  void signedAssertionSignedResponseAndBothAreBelieved() throws Exception {
    isAlice(client.verify(bed.signed(words -> {})));
    isAlice(client.verify(TestIdp.bytes(bed.idp.signedResponse(bed.response(words -> {})))));
    Document both = bed.idp.signedAssertion(bed.response(words -> {}));
    isAlice(client.verify(TestIdp.bytes(bed.idp.signedResponse(both))));
  }

  @Test
  void encryptedAssertionIsOpenedWithTheActiveAndThePreviousKey() throws Exception {
    for (ServiceKey key : List.of(SamlTestBed.OURS, SamlTestBed.OURS_BEFORE)) {
      Document document = bed.idp.signedAssertion(bed.response(words -> {}));
      TestIdp.encrypt(document, key.publicKey(), GCM, OAEP);
      isAlice(client.verify(TestIdp.bytes(document)));
    }
    SamlProvider strict = bed.client(SamlTestBed.saml("", SamlOption.ENCRYPTED));
    refused(strict, bed.signed(words -> {}), SignInFault.SAML_ENCRYPTION);
  }

  @Test
  void unauthenticatedEncryptionCountsOnlyInsideASignature() throws Exception {
    Document bare = bed.idp.signedAssertion(bed.response(words -> {}));
    TestIdp.encrypt(bare, SamlTestBed.OURS.publicKey(), CBC, OAEP);
    refused(TestIdp.bytes(bare), SignInFault.SAML_ALGORITHM);
    Document wrapped = bed.response(words -> {});
    TestIdp.encrypt(wrapped, SamlTestBed.OURS.publicKey(), CBC, OAEP);
    isAlice(client.verify(TestIdp.bytes(bed.idp.signedResponse(wrapped))));
  }

  @Test
  void encryptionIsNoSignature() throws Exception {
    Document document = bed.response(words -> {});
    TestIdp.encrypt(document, SamlTestBed.OURS.publicKey(), GCM, OAEP);
    refused(TestIdp.bytes(document), SignInFault.SAML_UNSIGNED);
  }

  @Test
  void envelopeForSomebodyElseOrWithAnOldPaddingIsRefused() throws Exception {
    Document other = bed.idp.signedAssertion(bed.response(words -> {}));
    TestIdp.encrypt(other, bed.idp.key.publicKey(), GCM, OAEP);
    refused(TestIdp.bytes(other), SignInFault.SAML_ENCRYPTION);
    Document old = bed.idp.signedAssertion(bed.response(words -> {}));
    TestIdp.encrypt(
        old, SamlTestBed.OURS.publicKey(), GCM, "http://www.w3.org/2001/04/xmlenc#rsa-1_5");
    refused(TestIdp.bytes(old), SignInFault.SAML_ALGORITHM);
  }

  @Test
  void eachWrongWordHasAReasonOfItsOwn() throws Exception {
    refused(w -> w.set("issuer", "https://evil.example"), SignInFault.SAML_ISSUER);
    refused(w -> w.set("audience", "https://other.example"), SignInFault.SAML_AUDIENCE);
    refused(
        w -> w.set("recipient", "https://broker.example/signin/saml/other/acs"),
        SignInFault.SAML_RECIPIENT);
    refused(w -> w.set("destination", "https://evil.example/acs"), SignInFault.SAML_RECIPIENT);
    refused(
        w -> w.set("until", SamlTestBed.NOW.minusSeconds(60).toString()), SignInFault.SAML_TIME);
    refused(w -> w.set("from", SamlTestBed.NOW.plusSeconds(61).toString()), SignInFault.SAML_TIME);
    refused(w -> w.set("now", SamlTestBed.NOW.plusSeconds(61).toString()), SignInFault.SAML_TIME);
    refused(w -> w.set("confirmedRequest", "_another"), SignInFault.SAML_REQUEST);
    refused(w -> w.set("request", ""), SignInFault.SAML_REQUEST);
    refused(
        w -> w.set("method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"),
        SignInFault.SAML_RECIPIENT);
    refused(
        w -> w.set("status", "urn:oasis:names:tc:SAML:2.0:status:Responder"),
        SignInFault.SAML_STATUS);
    refused(
        w ->
            w.set(
                "conditions",
                "<saml:Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
                    + " xmlns:x=\"urn:x\" xsi:type=\"x:OnlyOnTuesdays\"/>"),
        SignInFault.SAML_SHAPE);
  }

  @Test
  void clocksMayBeOffByAMinuteAndNoMore() throws Exception {
    isAlice(
        client.verify(
            bed.signed(w -> w.set("until", SamlTestBed.NOW.minusSeconds(59).toString()))));
    isAlice(
        client.verify(bed.signed(w -> w.set("from", SamlTestBed.NOW.plusSeconds(60).toString()))));
  }

  @Test
  void signedResponseMustSayWhereItGoes() throws Exception {
    Document document = bed.idp.signedResponse(bed.response(w -> w.set("destination", "")));
    refused(TestIdp.bytes(document), SignInFault.SAML_RECIPIENT);
  }

  @Test
  void passingNamesAndAddressesAreNotWhatPeopleAreKnownBy() throws Exception {
    String transientName = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    String address = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    refused(w -> w.set("format", transientName), SignInFault.SAML_SUBJECT);
    refused(w -> w.set("format", address), SignInFault.SAML_SUBJECT);
    SamlProvider chosen = bed.client(SamlTestBed.saml("NameID"));
    isAlice(chosen.verify(bed.signed(w -> w.set("format", address))));
    refused(chosen, bed.signed(w -> w.set("format", transientName)), SignInFault.SAML_SUBJECT);
    SamlProvider byAttribute = bed.client(SamlTestBed.saml("department"));
    assertThat(
            byAttribute
                .verify(bed.signed(w -> w.set("format", transientName)))
                .asserted()
                .person()
                .subject())
        .isEqualTo("Forschung & Übersee");
  }

  @Test
  void attributeCalledNameIdIsNotTheName() throws Exception {
    byte[] xml =
        bed.signed(w ->
            w.set(
                "extra",
                "<saml:Attribute Name=\"NameID\"><saml:AttributeValue>administrator"
                    + "</saml:AttributeValue></saml:Attribute>"));
    isAlice(client.verify(xml));
  }

  @Test
  void whoMustBeAskedAgainMustHaveBeenAskedAgain() throws Exception {
    SamlProvider fresh = bed.client(SamlTestBed.saml("", SamlOption.FORCE_AUTHN));
    isAlice(fresh.verify(bed.signed(w -> {})));
    byte[] old =
        bed.signed(w -> w.set("authenticated", SamlTestBed.NOW.minusSeconds(3_600).toString()));
    isAlice(client.verify(old));
    refused(fresh, old, SignInFault.SAML_STALE);
  }

  @Test
  void rotatedKeyIsFoundByReadingTheMetadataOnceMore() throws Exception {
    client.verify(bed.signed(w -> {}));
    ServiceKey next = ServiceKey.generate("idp", SamlTestBed.NOW);
    Document document = bed.response(w -> {});
    TestIdp.sign(
        TestIdp.find(document, "Assertion"),
        next,
        Algorithms.RSA_SHA256,
        Algorithms.SHA256,
        Algorithms.EXCLUSIVE);
    byte[] byNext = TestIdp.bytes(document);
    refused(byNext, SignInFault.SAML_SIGNATURE);
    bed.published = bed.idp.metadata(bed.idp.key, next);
    isAlice(client.verify(byNext));
    isAlice(client.verify(bed.signed(w -> {})));
    Document forged = bed.response(w -> {});
    TestIdp.sign(
        TestIdp.find(forged, "Assertion"),
        SamlTestBed.OURS,
        Algorithms.RSA_SHA256,
        Algorithms.SHA256,
        Algorithms.EXCLUSIVE);
    for (int i = 0; i < 20; i++) {
      refused(TestIdp.bytes(forged), SignInFault.SAML_SIGNATURE);
    }
    assertThat(bed.fetched)
        .as("strangers do not make us ask again and again")
        .isEqualTo(1 + SignInLimits.DEFAULT.refetchBurst());
    bed.now = SamlTestBed.NOW.plusSeconds(31);
    refused(TestIdp.bytes(forged), SignInFault.SAML_SIGNATURE);
    assertThat(bed.fetched).isEqualTo(2 + SignInLimits.DEFAULT.refetchBurst());
  }

  @Test
  void metadataThatCannotBeReadAnewIsKeptForDaysAndNotForEver() throws Exception {
    client.verify(bed.signed(w -> {}));
    bed.reachable = false;
    bed.now = SamlTestBed.NOW.plusSeconds(6 * 24 * 3_600);
    isAlice(client.verify(bed.signed(w -> {})));
    bed.now = SamlTestBed.NOW.plusSeconds(8 * 24 * 3_600);
    refused(bed.signed(w -> {}), SignInFault.PROVIDER_UNREACHABLE);
  }

  @Test
  void providerOfSeveralNamesIsChosenByItsEntityId() throws Exception {
    Saml named =
        new Saml(
            SamlTestBed.saml("").metadata(),
            "https://somebody.else",
            "",
            "",
            "",
            java.util.Set.of(),
            List.of());
    refused(bed.client(named), bed.signed(w -> {}), SignInFault.PROVIDER_MISCONFIGURED);
  }

  @Test
  void ourMetadataIsReadByOurOwnReader() throws Exception {
    String xml = client.metadata();
    assertThat(xml)
        .contains("entityID=\"https://broker.example/signin/saml/corp\"")
        .contains("https://broker.example/signin/saml/corp/acs")
        .contains("AuthnRequestsSigned=\"true\"");
    SafeXml.parse(
        xml.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        new SafeXml.Bounds(100_000, 32, 1_000));
  }
}

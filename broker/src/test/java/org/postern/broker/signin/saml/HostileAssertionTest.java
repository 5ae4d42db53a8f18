package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Assertions that the provider has signed, and that say something odd. */
final class HostileAssertionTest {
  private static final String HOLDER_OF_KEY = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key";
  private static final String XSI = "http://www.w3.org/2001/XMLSchema-instance";

  private final SamlTestBed bed = new SamlTestBed();
  private final SamlProvider client = bed.client(SamlTestBed.saml(""));

  private static Element child(Element parent, String namespace, String name, String text) {
    Element child = parent.getOwnerDocument().createElementNS(namespace, name);
    declare(child, name.substring(0, name.indexOf(':')), namespace);
    child.setTextContent(text);
    return child;
  }

  private static void declare(Element element, String prefix, String namespace) {
    element.setAttributeNS("http://www.w3.org/2000/xmlns/", "xmlns:" + prefix, namespace);
  }

  private static Element find(Document document, String name) {
    return TestIdp.find(document, name);
  }

  private static void twice(Document document, String name) {
    Element first = find(document, name);
    first.getParentNode().insertBefore(first.cloneNode(true), first.getNextSibling());
  }

  private void odd(Document document, String kind) {
    Element subject = find(document, "Subject");
    Element conditions = find(document, "Conditions");
    Element data = find(document, "SubjectConfirmationData");
    Element name = find(document, "NameID");
    Element audience = find(document, "AudienceRestriction");
    switch (kind) {
      case "HOLDER" -> find(document, "SubjectConfirmation").setAttribute("Method", HOLDER_OF_KEY);
      case "ENDLESS" -> data.removeAttribute("NotOnOrAfter");
      case "NOWHERE" -> data.removeAttribute("Recipient");
      case "BARE" -> data.getParentNode().removeChild(data);
      case "TWO-AUDIENCES" -> {
        twice(document, "AudienceRestriction");
        find(document, "Audience").setTextContent("https://another.example");
      }
      case "NO-AUDIENCE" -> audience.removeChild(find(document, "Audience"));
      case "NO-RESTRICTION" -> conditions.removeChild(audience);
      case "UNKNOWN" -> conditions.appendChild(child(conditions, "urn:x", "x:Sometimes", ""));
      case "TYPED" -> {
        Element typed = child(conditions, Dom.ASSERTION, "saml:Condition", "");
        declare(typed, "xsi", XSI);
        typed.setAttributeNS(XSI, "xsi:type", "saml:AudienceRestrictionType");
        conditions.appendChild(typed);
      }
      case "TWO-CONDITIONS" -> {
        twice(document, "Conditions");
        conditions.removeChild(audience);
      }
      case "TWO-SUBJECTS" -> {
        twice(document, "Subject");
        name.setTextContent("administrator");
      }
      case "TWO-NAMES" -> {
        twice(document, "NameID");
        name.setTextContent("administrator");
      }
      case "SPLIT-NAME" -> {
        name.setTextContent("admin");
        name.appendChild(child(name, "urn:x", "x:cut", "istrator"));
        name.appendChild(document.createTextNode("-not"));
      }
      case "HIDDEN-NAME" ->
          subject.replaceChild(child(subject, Dom.ASSERTION, "saml:EncryptedID", ""), name);
      case "TWO-ISSUERS" -> {
        Element assertion = find(document, "Assertion");
        Element issuer = Dom.children(assertion, Dom.ASSERTION, "Issuer").getFirst();
        assertion.insertBefore(issuer.cloneNode(true), subject);
      }
      case "TYPE-OF-SUBJECT" -> {
        Element assertion = find(document, "Assertion");
        declare(assertion, "xsi", XSI);
        assertion.setAttributeNS(XSI, "xsi:type", "saml:SubjectType");
      }
      case "NOBODY" -> name.setTextContent(" ");
      case "LATE" -> conditions.setAttribute("NotBefore", "2027-01-01T00:00:00Z");
      case "ODD-TIME" -> data.setAttribute("NotOnOrAfter", "2026-13-45T99:99:99Z");
      case "FAR-TIME" -> data.setAttribute("NotOnOrAfter", "999999999999-01-01T00:00:00Z");
      default -> throw new IllegalArgumentException(kind);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "HOLDER, SAML_RECIPIENT",
    "ENDLESS, SAML_TIME",
    "NOWHERE, SAML_RECIPIENT",
    "BARE, SAML_RECIPIENT",
    "TWO-AUDIENCES, SAML_AUDIENCE",
    "NO-AUDIENCE, SAML_AUDIENCE",
    "NO-RESTRICTION, SAML_AUDIENCE",
    "UNKNOWN, SAML_SHAPE",
    "TYPED, SAML_SHAPE",
    "TWO-CONDITIONS, SAML_SHAPE",
    "TWO-SUBJECTS, SAML_SHAPE",
    "TWO-NAMES, SAML_SHAPE",
    "SPLIT-NAME, SAML_SHAPE",
    "HIDDEN-NAME, SAML_SUBJECT",
    "TWO-ISSUERS, SAML_SHAPE",
    "TYPE-OF-SUBJECT, SAML_SHAPE",
    "NOBODY, SAML_SUBJECT",
    "LATE, SAML_TIME",
    "ODD-TIME, SAML_UNREADABLE",
    "FAR-TIME, SAML_TIME"
  })
  void whatIsOddIsRefusedAlthoughItIsSigned(String kind, SignInFault fault) throws Exception {
    Document document = bed.response(words -> {});
    odd(document, kind);
    byte[] xml = TestIdp.bytes(bed.idp.signedAssertion(document));
    assertThatThrownBy(() -> client.verify(xml))
        .isInstanceOfSatisfying(
            SignInException.class, e -> assertThat(e.fault()).as(e.getMessage()).isEqualTo(fault));
  }

  @Test
  void encryptedAssertionInTheExtensionsIsRefused() throws Exception {
    Document document = bed.idp.signedAssertion(bed.response(words -> {}));
    Element extensions = document.createElementNS(Dom.PROTOCOL, "samlp:Extensions");
    extensions.appendChild(document.createElementNS(Dom.ASSERTION, "saml:EncryptedAssertion"));
    document.getDocumentElement().insertBefore(extensions, find(document, "Status"));
    byte[] xml = TestIdp.bytes(document);
    assertThatThrownBy(() -> client.verify(xml)).hasMessageContaining("2 assertions");
  }

  @Test
  void instructionBeforeTheMessageIsRefused() throws Exception {
    String text = new String(bed.signed(words -> {}), StandardCharsets.UTF_8);
    byte[] xml =
        ("<?xml-stylesheet href=\"http://127.0.0.1/x\"?>" + text).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> client.verify(xml)).hasMessageContaining("instruction");
  }

  @Test
  void messageForOneUseIsReadAndLeftToTheOneUseOfAll() throws Exception {
    byte[] xml = bed.signed(words -> words.set("conditions", "<saml:OneTimeUse/>"));
    assertThat(client.verify(xml).assertionId()).isEqualTo("_assertion");
  }
}

package org.postern.broker.signin.saml;

import java.security.PrivateKey;
import java.security.PublicKey;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.opensaml.saml.saml2.core.Assertion;
import org.postern.broker.signin.SignIn;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * The one path on which a SAML response is judged; no step of it is optional.
 *
 * <ol>
 *   <li>The message is small, safe XML: a Response with exactly one assertion, as its child, and
 *       signatures only as children of these two.
 *   <li>Every signature that is there is good, by a key of the provider's metadata, and there is at
 *       least one, of the response or of the assertion.
 *   <li>From here on only the octets that were signed are read, as a document of its own.
 *   <li>What the assertion says fits: {@link AssertionCheck}.
 * </ol>
 *
 * <p>An encrypted assertion is opened after the signature around it was found good, and is then a
 * message like any other. Safe on any thread.
 */
final class ResponseCheck {
  private static final String SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";

  private final SamlSettings settings;
  private final SafeXml.Bounds bounds;

  ResponseCheck(SamlSettings settings) {
    this.settings = settings;
    SamlLimits limits = settings.saml();
    this.bounds = new SafeXml.Bounds(limits.messageBytes(), limits.depth(), limits.nodes());
  }

  /**
   * What a check needs of a provider.
   *
   * @param encryptedOnly assertions in the clear are refused
   */
  record Expectations(
      IdpMetadata metadata,
      ServicePlaces places,
      AssertionCheck assertions,
      List<PrivateKey> decryptionKeys,
      boolean encryptedOnly) {}

  /** A signed assertion, and what the response around it says. */
  private static final class Found {
    private final byte[] assertion;
    private final Element response;

    Found(byte[] assertion, Element response) {
      this.assertion = assertion;
      this.response = response;
    }
  }

  VerifiedResponse check(byte[] xml, Expectations expected) throws SignInException {
    Found found = find(xml, expected);
    checkResponse(found.response, expected);
    Document document = SafeXml.parse(found.assertion, bounds);
    Element root = document.getDocumentElement();
    // It may be the response that was signed, with the assertion in it.
    Element element =
        Dom.is(root, Dom.PROTOCOL, "Response") ? onlyAssertion(document, root, true) : root;
    if (!Dom.is(element, Dom.ASSERTION, "Assertion")
        || Dom.anywhere(document, "Assertion").size() != 1) {
      throw new SignInException(SignInFault.SAML_SHAPE, "what is signed is not one assertion");
    }
    VerifiedResponse verified =
        expected.assertions().check(OpenSaml.read(Assertion.class, element));
    checkAnswersTheSame(found.response, verified);
    return verified;
  }

  private Found find(byte[] xml, Expectations expected) throws SignInException {
    Document document = SafeXml.parse(xml, bounds);
    Element root = document.getDocumentElement();
    if (!Dom.is(root, Dom.PROTOCOL, "Response")) {
      throw new SignInException(
          SignInFault.SAML_SHAPE, "a " + SignIn.printable(root.getNodeName()));
    }
    checkStatus(root);
    Element assertion = onlyAssertion(document, root, false);
    checkSignaturePlaces(document, root, assertion);
    List<PublicKey> keys = expected.metadata().keys();

    Optional<byte[]> whole = signed(root, keys);
    if (Dom.is(assertion, Dom.ASSERTION, "EncryptedAssertion")) {
      byte[] plain = Decryption.open(assertion, expected.decryptionKeys(), whole.isPresent());
      return new Found(opened(plain, whole.isPresent(), keys), root);
    }
    if (expected.encryptedOnly()) {
      throw new SignInException(SignInFault.SAML_ENCRYPTION, "the assertion is not encrypted");
    }
    Optional<byte[]> part = signed(assertion, keys);
    if (whole.isEmpty() && part.isEmpty()) {
      throw new SignInException(SignInFault.SAML_UNSIGNED, "neither response nor assertion");
    }
    return new Found(part.orElseGet(whole::get), root);
  }

  /** The octets of an element that carries a signature; a bad one ends everything. */
  private static Optional<byte[]> signed(Element element, List<PublicKey> keys)
      throws SignInException {
    return Dom.children(element, Dom.SIGNATURE, "Signature").isEmpty()
        ? Optional.empty()
        : Optional.of(SignedElement.octets(element, keys));
  }

  /** The signed octets of an assertion that came encrypted. */
  private byte[] opened(byte[] plain, boolean signedAround, List<PublicKey> keys)
      throws SignInException {
    Document document = SafeXml.parse(plain, bounds);
    Element root = document.getDocumentElement();
    if (!Dom.is(root, Dom.ASSERTION, "Assertion")) {
      throw new SignInException(SignInFault.SAML_SHAPE, "what was encrypted is no assertion");
    }
    checkSignaturePlaces(document, root, root);
    Optional<byte[]> signed = signed(root, keys);
    if (signed.isEmpty() && !signedAround) {
      throw new SignInException(SignInFault.SAML_UNSIGNED, "neither response nor assertion");
    }
    return signed.orElse(plain);
  }

  private static Element onlyAssertion(Document document, Element root, boolean readable)
      throws SignInException {
    List<Element> all = new ArrayList<>(Dom.anywhere(document, "Assertion"));
    if (!readable) {
      all.addAll(Dom.anywhere(document, "EncryptedAssertion"));
    }
    boolean good =
        all.size() == 1
            && isChild(all.getFirst(), root)
            && Dom.ASSERTION.equals(all.getFirst().getNamespaceURI());
    if (!good) {
      throw new SignInException(
          SignInFault.SAML_SHAPE,
          "%d assertions in the message (expected: one, in the response)".formatted(all.size()));
    }
    return all.getFirst();
  }

  /** Whether it is this very element's child, and not that of one like it. */
  private static boolean isChild(Element child, Element parent) {
    return parent.isSameNode(child.getParentNode());
  }

  private static void checkSignaturePlaces(Document document, Element root, Element assertion)
      throws SignInException {
    for (Element signature : Dom.anywhere(document, "Signature")) {
      boolean good =
          Dom.SIGNATURE.equals(signature.getNamespaceURI())
              && (isChild(signature, root) || isChild(signature, assertion));
      if (!good) {
        throw new SignInException(
            SignInFault.SAML_SHAPE, "a signature that is not the response's or the assertion's");
      }
    }
  }

  /** Before all else, because a refusal has no assertion. */
  private static void checkStatus(Element response) throws SignInException {
    List<Element> statuses = Dom.children(response, Dom.PROTOCOL, "Status");
    List<Element> codes =
        statuses.size() == 1
            ? Dom.children(statuses.getFirst(), Dom.PROTOCOL, "StatusCode")
            : List.of();
    String code = codes.size() == 1 ? codes.getFirst().getAttribute("Value") : "none";
    if (!SUCCESS.equals(code)) {
      String inner =
          codes.size() != 1
              ? ""
              : Dom.children(codes.getFirst(), Dom.PROTOCOL, "StatusCode").stream()
                  .findFirst()
                  .map(each -> each.getAttribute("Value"))
                  .orElse("");
      throw new SignInException(
          SignInFault.SAML_STATUS,
          "status %s %s".formatted(SignIn.printable(code), SignIn.printable(inner)));
    }
  }

  /**
   * What the response itself says must fit too, signed or not: an attacker may leave it out of the
   * signature, but has nothing to gain where it only adds refusals.
   */
  private void checkResponse(Element response, Expectations expected) throws SignInException {
    if (!"2.0".equals(response.getAttribute("Version"))) {
      throw new SignInException(SignInFault.SAML_SHAPE, "not of version 2.0");
    }
    boolean issuerFits =
        Dom.children(response, Dom.ASSERTION, "Issuer").stream()
            .allMatch(each -> expected.metadata().entityId().equals(each.getTextContent()));
    if (!issuerFits) {
      throw new SignInException(SignInFault.SAML_ISSUER, "the response is another issuer's");
    }
    String destination = response.getAttribute("Destination");
    boolean needed = !Dom.children(response, Dom.SIGNATURE, "Signature").isEmpty();
    boolean fits = destination.isEmpty() ? !needed : expected.places().isConsumer(destination);
    if (!fits) {
      throw new SignInException(
          SignInFault.SAML_RECIPIENT,
          "destination is %s (expected: %s)"
              .formatted(SignIn.printable(destination), expected.places().consumers()));
    }
    checkIssued(response.getAttribute("IssueInstant"));
  }

  private void checkIssued(String text) throws SignInException {
    Instant now = settings.clock().instant();
    Instant newest = now.plus(settings.signIn().clockSkew());
    Instant oldest = now.minus(settings.signIn().signInAge()).minus(settings.signIn().clockSkew());
    try {
      Instant issued = OffsetDateTime.parse(text).toInstant();
      if (!issued.isAfter(newest) && !issued.isBefore(oldest)) {
        return;
      }
    } catch (DateTimeParseException e) {
      // Said below.
    }
    throw new SignInException(
        SignInFault.SAML_TIME, "the response was issued at " + SignIn.printable(text));
  }

  private static void checkAnswersTheSame(Element response, VerifiedResponse verified)
      throws SignInException {
    if (!response.getAttribute("InResponseTo").equals(verified.inResponseTo())) {
      throw new SignInException(
          SignInFault.SAML_REQUEST, "response and assertion answer different requests");
    }
  }
}

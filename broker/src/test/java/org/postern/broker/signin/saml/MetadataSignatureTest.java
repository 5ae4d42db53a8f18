package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.xml.security.signature.XMLSignature;
import org.apache.xml.security.transforms.Transforms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.broker.signin.ProviderClient.Finding;
import org.postern.broker.signin.ProviderClient.Grade;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.identity.KeyCertificate;
import org.postern.identity.ServiceKey;
import org.postern.policystore.IdentityProvider.Saml;
import org.postern.policystore.IdentityProvider.SamlMetadata;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Metadata that must be signed is taken only as it was signed, and by whom the operator named. */
final class MetadataSignatureTest {
  private static final String ID = "_metadata";
  private static final ServiceKey SIGNER = ServiceKey.generate("federation", SamlTestBed.NOW);
  private static final ServiceKey STRANGER = ServiceKey.generate("stranger", SamlTestBed.NOW);
  private static final String RSA_SHA1 = Dom.SIGNATURE + "rsa-sha1";

  private final SamlTestBed bed = new SamlTestBed();

  private static String pem(ServiceKey key) {
    return "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----"
        .formatted(Base64.getMimeEncoder().encodeToString(key.certificate()));
  }

  private static String fingerprint(ServiceKey key) throws Exception {
    return KeyCertificate.of(key.certificate()).fingerprint();
  }

  private SamlProvider client(String... signers) {
    return bed.client(
        new Saml(
            new SamlMetadata.Url("http://federation.example/metadata"),
            "",
            "",
            "",
            "",
            Set.of(),
            List.of(),
            List.of(signers)));
  }

  private Document metadata(String attributes) throws Exception {
    Document document = TestIdp.parse(bed.idp.metadata().strip());
    Element root = document.getDocumentElement();
    root.setAttribute("ID", ID);
    for (String each : attributes.isEmpty() ? new String[0] : attributes.split(" ", -1)) {
      root.setAttribute(
          each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    }
    return document;
  }

  private static void sign(Element place, String reference, ServiceKey key, String algorithm)
      throws Exception {
    OpenSaml.start();
    Document document = place.getOwnerDocument();
    document.getDocumentElement().setIdAttribute("ID", true);
    XMLSignature signature = new XMLSignature(document, "", algorithm, Algorithms.EXCLUSIVE);
    place.insertBefore(signature.getElement(), place.getFirstChild());
    Transforms transforms = new Transforms(document);
    transforms.addTransform(Algorithms.ENVELOPED);
    transforms.addTransform(Algorithms.EXCLUSIVE);
    signature.addDocument(reference, transforms, Algorithms.SHA256);
    signature.addKeyInfo(certificate(key));
    signature.sign(key.privateKey());
  }

  private static X509Certificate certificate(ServiceKey key) throws CertificateException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new java.io.ByteArrayInputStream(key.certificate()));
  }

  private Document signed(String attributes, ServiceKey key) throws Exception {
    Document document = metadata(attributes);
    sign(document.getDocumentElement(), "#" + ID, key, Algorithms.RSA_SHA256);
    return document;
  }

  private void publish(Document document) throws Exception {
    bed.published = TestIdp.text(document.getDocumentElement());
  }

  private static List<Finding> warnings(SamlProvider client) {
    return client.examine().stream().filter(each -> each.grade() != Grade.GOOD).toList();
  }

  @Test
  void metadataOfTheNamedSignerIsTakenByItsCertificateOrItsFingerprint() throws Exception {
    publish(signed("validUntil=2027-01-01T00:00:00Z", SIGNER));
    for (String name : List.of(pem(SIGNER), fingerprint(SIGNER))) {
      SamlProvider client = client(fingerprint(STRANGER), name);
      assertThat(client.verify(bed.signed(words -> {})).asserted().person().subject())
          .isEqualTo("alice-4711");
      assertThat(warnings(client)).isEmpty();
      assertThat(client.examine())
          .contains(
              new Finding(
                  Grade.GOOD,
                  "signature",
                  "metadata is signed by certificate " + fingerprint(SIGNER)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UNSIGNED | its root is not signed",
        "STRANGER | a certificate that is not named",
        "BORROWED | no named certificate fits its signature, or it was changed",
        "CHANGED | no named certificate fits its signature, or it was changed",
        "SHA1 | signed with http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "BELOW | its root is not signed",
        "ELSEWHERE | the signature is about something else than its parent",
        "WRAPPED | the signature is about something else than its parent",
        "WHOLE | the signature is about something else than its parent",
        "TWICE | 2 signatures of one element",
        "EXPIRED | metadata was valid until 2026-11-22T11:59:59Z"
      })
  void anyOtherMetadataIsRefusedWithItsReason(String kind, String why) throws Exception {
    publish(hostile(kind));
    for (String name : List.of(pem(SIGNER), fingerprint(SIGNER))) {
      SamlProvider client = client(name);
      // By its certificate the signer is known, whatever the signature brings along.
      String expected =
          kind.equals("STRANGER") && name.startsWith("-") ? "no named certificate fits" : why;
      assertThatThrownBy(() -> client.verify(bed.signed(words -> {})))
          .isInstanceOfSatisfying(
              SignInException.class,
              e -> {
                assertThat(e.fault()).isEqualTo(SignInFault.PROVIDER_MISCONFIGURED);
                assertThat(e.forAdministrator()).contains(expected);
              });
      assertThat(client.examine())
          .anyMatch(each -> each.grade() == Grade.WRONG && each.text().contains(expected));
    }
  }

  private Document hostile(String kind) throws Exception {
    return switch (kind) {
      case "UNSIGNED" -> metadata("");
      case "STRANGER" -> signed("", STRANGER);
      case "BORROWED" -> {
        // The stranger's signature with the signer's certificate beside it.
        Document document = signed("", STRANGER);
        TestIdp.find(TestIdp.find(document, "Signature").getOwnerDocument(), "X509Certificate")
            .setTextContent(Base64.getEncoder().encodeToString(SIGNER.certificate()));
        yield document;
      }
      case "CHANGED" -> {
        Document document = signed("", SIGNER);
        TestIdp.find(document, "SingleSignOnService").setAttribute("Location", "https://evil/sso");
        yield document;
      }
      case "SHA1" -> {
        Document document = metadata("");
        sign(document.getDocumentElement(), "#" + ID, SIGNER, RSA_SHA1);
        yield document;
      }
      case "BELOW" -> {
        Document document = metadata("");
        sign(TestIdp.find(document, "IDPSSODescriptor"), "#" + ID, SIGNER, Algorithms.RSA_SHA256);
        yield document;
      }
      case "ELSEWHERE" -> {
        Document document = metadata("");
        Element part = TestIdp.find(document, "IDPSSODescriptor");
        part.setAttribute("ID", "_part");
        part.setIdAttribute("ID", true);
        sign(document.getDocumentElement(), "#_part", SIGNER, Algorithms.RSA_SHA256);
        yield document;
      }
      case "WRAPPED" -> wrapped();
      case "WHOLE" -> {
        Document document = metadata("");
        sign(document.getDocumentElement(), "", SIGNER, Algorithms.RSA_SHA256);
        yield document;
      }
      case "TWICE" -> {
        Document document = signed("", SIGNER);
        Element root = document.getDocumentElement();
        root.insertBefore(
            TestIdp.find(document, "Signature").cloneNode(true), root.getFirstChild());
        yield document;
      }
      default -> signed("validUntil=2026-11-22T11:59:59Z", SIGNER);
    };
  }

  /** The honest document lies in the forged one's extensions; its signature stands in front. */
  private Document wrapped() throws Exception {
    Document document = signed("", SIGNER);
    Element honest = document.getDocumentElement();
    Element forged = (Element) honest.cloneNode(true);
    forged.setAttribute("ID", "_forged");
    forged.setAttribute("entityID", "https://evil.example");
    Element signature = Dom.children(forged, Dom.SIGNATURE, "Signature").getFirst();
    Element extensions =
        document.createElementNS(Objects.requireNonNull(honest.getNamespaceURI()), "md:Extensions");
    document.replaceChild(forged, honest);
    extensions.appendChild(honest);
    honest.removeChild(Dom.children(honest, Dom.SIGNATURE, "Signature").getFirst());
    forged.insertBefore(extensions, signature.getNextSibling());
    return document;
  }

  @Test
  void readingThatFailsKeepsWhatWasReadAndIsTold() throws Exception {
    publish(signed("", SIGNER));
    SamlProvider client = client(pem(SIGNER));
    client.verify(bed.signed(words -> {}));
    publish(signed("", STRANGER));
    bed.now = bed.now.plus(Duration.ofHours(2));
    client.verify(bed.signed(words -> {}));
    assertThat(client.examine())
        .anyMatch(each ->
            each.what().equals("metadata in use")
                && each.text().contains("was read at 2026-11-22T12:00:00Z and is kept")
                && each.text().contains(fingerprintOf(STRANGER)));
    publish(signed("", SIGNER));
    bed.now = bed.now.plus(Duration.ofHours(2));
    client.verify(bed.signed(words -> {}));
    assertThat(client.examine()).noneMatch(each -> each.what().equals("metadata in use"));
  }

  private static String fingerprintOf(ServiceKey key) {
    try {
      return fingerprint(key);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void metadataIsReadAgainAfterItsCacheDuration() throws Exception {
    publish(signed("cacheDuration=PT10M", SIGNER));
    SamlProvider client = client(pem(SIGNER));
    client.verify(bed.signed(words -> {}));
    bed.now = bed.now.plus(Duration.ofMinutes(9));
    client.verify(bed.signed(words -> {}));
    assertThat(bed.fetched).isEqualTo(1);
    bed.now = bed.now.plus(Duration.ofMinutes(1));
    client.verify(bed.signed(words -> {}));
    assertThat(bed.fetched).isEqualTo(2);
  }

  @Test
  void whatLiesAroundAnEntityEndsItToo() throws Exception {
    bed.published =
        """
        <md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" validUntil="2026-11-22T12:30:00Z">
        %s</md:EntitiesDescriptor>
        """
            .formatted(TestIdp.text(metadata("").getDocumentElement()));
    SamlProvider client = client();
    client.verify(bed.signed(words -> {}));
    bed.now = bed.now.plus(Duration.ofMinutes(31));
    assertThatThrownBy(() -> client.verify(bed.signed(words -> {})))
        .hasMessageContaining("metadata was valid until 2026-11-22T12:30:00Z");
  }
}

package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Responses made to deceive: every one is refused for its own reason, none costs more than 50 MiB
 * or 200 ms; and no change to an honest response, of bytes or of its tree, makes it say anything
 * else.
 */
final class HostileSamlTest {
  private static final long MEMORY_MAX = 50L << 20;

  /** Of the processor, in the quickest of some tries: the machine may be slow, or not warm yet. */
  private static final Duration TIME_MAX = Duration.ofMillis(200);

  private static final int TRIES = 20;
  private static final String DSIG = "http://www.w3.org/2000/09/xmldsig#";
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final SamlTestBed BED = new SamlTestBed();
  private static final SamlProvider CLIENT = BED.client(SamlTestBed.saml(""));

  @BeforeAll
  static void warmUp() throws Exception {
    for (int i = 0; i < 5; i++) {
      CLIENT.verify(BED.signed(words -> {}));
    }
  }

  private interface Forgery {
    byte[] make() throws Exception;
  }

  private static DynamicTest refused(String name, SignInFault fault, Forgery forgery) {
    return DynamicTest.dynamicTest(
        name,
        () -> {
          byte[] xml = forgery.make();
          Duration quickest = Duration.ofDays(1);
          for (int i = 0; i < TRIES && quickest.compareTo(TIME_MAX) >= 0; i++) {
            Duration took = timeOfRefusal(xml, fault);
            quickest = took.compareTo(quickest) < 0 ? took : quickest;
          }
          assertThat(quickest).isLessThan(TIME_MAX);
        });
  }

  private static Duration timeOfRefusal(byte[] xml, SignInFault fault) {
    long memory = THREADS.getCurrentThreadAllocatedBytes();
    long start = THREADS.getCurrentThreadCpuTime();
    SignInException refusal = null;
    try {
      VerifiedResponse believed = CLIENT.verify(xml);
      fail("believed: " + believed.asserted().person().subject());
    } catch (SignInException e) {
      refusal = e;
    }
    Duration took = Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - start);
    long used = THREADS.getCurrentThreadAllocatedBytes() - memory;
    assertThat(refusal.fault()).as(refusal.getMessage()).isEqualTo(fault);
    assertThat(used).as("bytes").isLessThan(MEMORY_MAX);
    return took;
  }

  @TestFactory
  Stream<DynamicTest> theEightWaysToWrapASignature() {
    List<DynamicTest> tests = new ArrayList<>();
    for (int form = 1; form <= 8; form++) {
      for (boolean keepId : new boolean[] {false, true}) {
        for (boolean both : new boolean[] {false, true}) {
          int number = form;
          tests.add(
              refused(
                  "form %d%s%s"
                      .formatted(form, keepId ? ", same ID" : "", both ? ", both signed" : ""),
                  SignInFault.SAML_SHAPE,
                  () -> {
                    Document document = BED.response(words -> {});
                    if (both || number > 2) {
                      BED.idp.signedAssertion(document);
                    }
                    if (both || number <= 2) {
                      BED.idp.signedResponse(document);
                    }
                    Wrapping.wrap(document, number, keepId);
                    return TestIdp.bytes(document);
                  }));
        }
      }
    }
    return tests.stream();
  }

  /** The same but for its ID and its signature, which it has none. */
  private static Element forgedInPlaceOf(Element signed) {
    Element forged = (Element) signed.cloneNode(true);
    forged.removeChild(Dom.children(forged, Dom.SIGNATURE, "Signature").getFirst());
    forged.setAttribute("ID", "_forged");
    signed.getParentNode().replaceChild(forged, signed);
    return forged;
  }

  @TestFactory
  Stream<DynamicTest> waysOfOurOwn() {
    return Stream.of(
        refused(
            "signed assertion in the advice of a forged one",
            SignInFault.SAML_SHAPE,
            () -> {
              Document document = BED.idp.signedAssertion(BED.response(w -> {}));
              Element signed = TestIdp.find(document, "Assertion");
              Element forged = forgedInPlaceOf(signed);
              Element advice = document.createElementNS(Dom.ASSERTION, "saml:Advice");
              advice.appendChild(signed);
              forged.appendChild(advice);
              return TestIdp.bytes(document);
            }),
        refused(
            "forged assertion in another namespace beside the signed one",
            SignInFault.SAML_SHAPE,
            () -> {
              Document document = BED.idp.signedAssertion(BED.response(w -> {}));
              document
                  .getDocumentElement()
                  .appendChild(document.createElementNS("urn:x", "x:Assertion"));
              return TestIdp.bytes(document);
            }),
        refused(
            "signature moved from the assertion to the response",
            SignInFault.SAML_SHAPE,
            () -> {
              Document document = BED.idp.signedAssertion(BED.response(w -> {}));
              Element signature = TestIdp.find(document, "Signature");
              document.getDocumentElement().appendChild(signature);
              return TestIdp.bytes(document);
            }),
        refused(
            "signed assertion inside of the forged one's attribute value",
            SignInFault.SAML_SHAPE,
            () -> {
              Document document = BED.idp.signedAssertion(BED.response(w -> {}));
              Element signed = TestIdp.find(document, "Assertion");
              Element forged = forgedInPlaceOf(signed);
              ((Element) forged.getElementsByTagNameNS(Dom.ASSERTION, "AttributeValue").item(0))
                  .appendChild(signed);
              return TestIdp.bytes(document);
            }),
        refused(
            "signed assertion in the extensions of the response",
            SignInFault.SAML_SHAPE,
            () -> {
              Document document = BED.idp.signedAssertion(BED.response(w -> {}));
              Element signed = TestIdp.find(document, "Assertion");
              Element forged = forgedInPlaceOf(signed);
              Element extensions = document.createElementNS(Dom.PROTOCOL, "samlp:Extensions");
              extensions.appendChild(signed);
              document.getDocumentElement().insertBefore(extensions, forged);
              return TestIdp.bytes(document);
            }),
        refused(
            "two signatures of one assertion",
            SignInFault.SAML_SHAPE,
            () -> {
              Document document = BED.idp.signedAssertion(BED.response(w -> {}));
              Element signature = TestIdp.find(document, "Signature");
              signature.getParentNode().appendChild(signature.cloneNode(true));
              return TestIdp.bytes(document);
            }));
  }

  @TestFactory
  Stream<DynamicTest> signaturesThatReferElsewhere() {
    return Stream.of(
        refused(
            "reference to the whole document",
            SignInFault.SAML_SHAPE,
            () -> replaced("URI=\"#_assertion\"", "URI=\"\"")),
        refused(
            "reference by an XPointer",
            SignInFault.SAML_SHAPE,
            () -> replaced("URI=\"#_assertion\"", "URI=\"#xpointer(id('_assertion'))\"")),
        refused(
            "reference to a file",
            SignInFault.SAML_SHAPE,
            () -> replaced("URI=\"#_assertion\"", "URI=\"file:///etc/passwd\"")),
        refused(
            "a transform that computes",
            SignInFault.SAML_ALGORITHM,
            () ->
                replaced(
                    "Algorithm=\"" + Algorithms.ENVELOPED + "\"",
                    "Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"")),
        refused(
            "canonicalisation that keeps comments",
            SignInFault.SAML_ALGORITHM,
            () ->
                replaced(
                    "CanonicalizationMethod Algorithm=\"" + Algorithms.EXCLUSIVE + "\"",
                    "CanonicalizationMethod Algorithm=\""
                        + Algorithms.EXCLUSIVE
                        + "WithComments\"")),
        refused(
            "an encrypted assertion beside the signed one",
            SignInFault.SAML_SHAPE,
            () -> {
              Document document = BED.idp.signedAssertion(BED.response(w -> {}));
              document
                  .getDocumentElement()
                  .appendChild(document.createElementNS(Dom.ASSERTION, "saml:EncryptedAssertion"));
              return TestIdp.bytes(document);
            }),
        refused(
            "assertion of an older version of SAML",
            SignInFault.SAML_SHAPE,
            () ->
                BED.signed(w ->
                    w.set(
                        "extra",
                        "<x:Assertion xmlns:x=\"urn:oasis:names:tc:SAML:1.0:assertion\""
                            + " AssertionID=\"a\"/>"))));
  }

  @TestFactory
  Stream<DynamicTest> signaturesThatAreNone() {
    return Stream.of(
        refused("none", SignInFault.SAML_UNSIGNED, () -> TestIdp.bytes(BED.response(w -> {}))),
        refused(
            "by a stranger under our provider's name",
            SignInFault.SAML_SIGNATURE,
            () ->
                TestIdp.bytes(
                    new TestIdp(BED.idp.entityId).signedAssertion(BED.response(w -> {})))),
        refused(
            "by another provider, honest and valid",
            SignInFault.SAML_SIGNATURE,
            () -> {
              TestIdp other = new TestIdp("https://other.example");
              return TestIdp.bytes(
                  other.signedAssertion(other.response(BED.now, BED.places(), w -> {})));
            }),
        refused(
            "changed after signing",
            SignInFault.SAML_SIGNATURE,
            () -> replaced("alice-4711", "administrator")),
        refused(
            "good assertion in a response whose signature is bad",
            SignInFault.SAML_SIGNATURE,
            () -> {
              Document document = BED.idp.signedAssertion(BED.response(w -> {}));
              new TestIdp(BED.idp.entityId).signedResponse(document);
              return TestIdp.bytes(document);
            }),
        refused(
            "SHA-1 signature",
            SignInFault.SAML_ALGORITHM,
            () -> {
              Document document = BED.response(w -> {});
              BED.idp.sign(
                  TestIdp.find(document, "Assertion"), DSIG + "rsa-sha1", Algorithms.SHA256);
              return TestIdp.bytes(document);
            }),
        refused(
            "SHA-1 digest",
            SignInFault.SAML_ALGORITHM,
            () -> {
              Document document = BED.response(w -> {});
              BED.idp.sign(
                  TestIdp.find(document, "Assertion"), Algorithms.RSA_SHA256, DSIG + "sha1");
              return TestIdp.bytes(document);
            }),
        refused(
            "public key as a shared secret",
            SignInFault.SAML_ALGORITHM,
            () ->
                replaced(
                    Algorithms.RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")),
        refused(
            "value taken away",
            SignInFault.SAML_SIGNATURE,
            () ->
                text()
                    .replaceAll(
                        "<ds:SignatureValue>[^<]*</ds:SignatureValue>",
                        "<ds:SignatureValue></ds:SignatureValue>")
                    .getBytes(StandardCharsets.UTF_8)));
  }

  @TestFactory
  Stream<DynamicTest> documentsThatAreWeapons() {
    String bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">" + bomb() + "]>";
    return Stream.of(
        refused(
            "comment in the name",
            SignInFault.SAML_SHAPE,
            () -> replaced("alice-4711", "alice-4711<!-- -->.evil")),
        refused(
            "instruction in the name",
            SignInFault.SAML_SHAPE,
            () -> replaced("alice-4711", "alice<?x y?>-4711")),
        refused(
            "external entity",
            SignInFault.SAML_UNREADABLE,
            () ->
                ("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
                        + text().replace("alice-4711", "&e;"))
                    .getBytes(StandardCharsets.UTF_8)),
        refused(
            "external document type",
            SignInFault.SAML_UNREADABLE,
            () ->
                ("<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\">" + text())
                    .getBytes(StandardCharsets.UTF_8)),
        refused(
            "entity bomb",
            SignInFault.SAML_UNREADABLE,
            () -> (bomb + text()).getBytes(StandardCharsets.UTF_8)),
        refused("10 MiB", SignInFault.SAML_TOO_LARGE, () -> new byte[10 << 20]),
        refused(
            "deep nesting",
            SignInFault.SAML_UNREADABLE,
            () ->
                ("<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">"
                        + "<a>".repeat(10_000)
                        + "</a>".repeat(10_000)
                        + "</samlp:Response>")
                    .getBytes(StandardCharsets.UTF_8)),
        refused(
            "very many elements",
            SignInFault.SAML_TOO_LARGE,
            () ->
                ("<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">"
                        + "<a/>".repeat(60_000)
                        + "</samlp:Response>")
                    .getBytes(StandardCharsets.UTF_8)),
        refused(
            "very many attributes",
            SignInFault.SAML_UNREADABLE,
            () -> {
              StringBuilder xml = new StringBuilder("<a");
              for (int i = 0; i < 20_000; i++) {
                xml.append(" a").append(i).append("=''");
              }
              return xml.append("/>").toString().getBytes(StandardCharsets.UTF_8);
            }),
        refused("nothing", SignInFault.SAML_UNREADABLE, () -> new byte[0]),
        refused(
            "something else",
            SignInFault.SAML_SHAPE,
            () -> "<html/>".getBytes(StandardCharsets.UTF_8)),
        refused(
            "two elements with one ID",
            SignInFault.SAML_SHAPE,
            () -> replaced("ID=\"_response\"", "ID=\"_assertion\"")));
  }

  private static String bomb() {
    StringBuilder entities = new StringBuilder();
    for (char name = 'b'; name < 'k'; name++) {
      entities
          .append("<!ENTITY ")
          .append(name)
          .append(" \"")
          .append(("&" + (char) (name - 1) + ";").repeat(10))
          .append("\">");
    }
    return entities.toString();
  }

  private static String text() throws Exception {
    return new String(BED.signed(words -> {}), StandardCharsets.UTF_8);
  }

  private static byte[] replaced(String from, String to) throws Exception {
    String text = text();
    assertThat(text).contains(from);
    return text.replace(from, to).getBytes(StandardCharsets.UTF_8);
  }
}

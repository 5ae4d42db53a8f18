package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.Asserted;
import org.postern.broker.signin.SignInException;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** No change to an honest response, of bytes or of its tree, makes it say anything else. */
final class SamlFuzzTest {
  private static final SamlTestBed BED = new SamlTestBed();
  private static final SamlProvider CLIENT = BED.client(SamlTestBed.saml(""));

  @Test
  void noDamagedByteMakesAResponseSayAnythingElse() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] honest = BED.signed(words -> {});
    Asserted said = CLIENT.verify(honest).asserted();
    for (int i = 0; i < 3_000; i++) {
      byte[] damaged = honest.clone();
      for (int n = random.nextInt(3); n >= 0; n--) {
        damaged[random.nextInt(damaged.length)] = (byte) (32 + random.nextInt(95));
      }
      saysTheSameOrNothing(damaged, said, seed, i);
    }
  }

  @Test
  void noChangedTreeMakesAResponseSayAnythingElse() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 1_500; i++) {
      Document document = BED.response(words -> {});
      if (random.nextBoolean()) {
        BED.idp.signedAssertion(document);
      } else {
        BED.idp.signedResponse(document);
      }
      Asserted said = CLIENT.verify(TestIdp.bytes(document)).asserted();
      for (int n = random.nextInt(3); n >= 0; n--) {
        change(document, random);
      }
      saysTheSameOrNothing(TestIdp.bytes(document), said, seed, i);
    }
  }

  private static void change(Document document, Random random) {
    NodeList all = document.getElementsByTagNameNS("*", "*");
    Element one = (Element) all.item(1 + random.nextInt(all.getLength() - 1));
    Element other = (Element) all.item(random.nextInt(all.getLength()));
    boolean inside = false;
    for (Node up = other; up != null; up = up.getParentNode()) {
      inside |= one.isSameNode(up);
    }
    switch (random.nextInt(6)) {
      case 0 -> {
        if (!inside) {
          other.appendChild(one);
        }
      }
      case 1 -> other.insertBefore(one.cloneNode(true), other.getFirstChild());
      case 2 -> one.getParentNode().removeChild(one);
      case 3 -> one.setTextContent("administrator");
      case 4 -> {
        if (one.getAttributes().getLength() > 0) {
          Attr attribute =
              (Attr) one.getAttributes().item(random.nextInt(one.getAttributes().getLength()));
          attribute.setValue("_forged");
        }
      }
      default -> {
        Element renamed = document.createElementNS(Dom.ASSERTION, "saml:Assertion");
        renamed.setAttribute("ID", "_assertion");
        other.appendChild(renamed);
      }
    }
  }

  private static void saysTheSameOrNothing(byte[] xml, Asserted said, long seed, int round) {
    try {
      assertThat(CLIENT.verify(xml).asserted()).as("seed %d round %d", seed, round).isEqualTo(said);
    } catch (SignInException e) {
      assertThat(e.fault().name())
          .as("seed %d round %d: %s", seed, round, e.getMessage())
          .matches("SAML_.*|PROVIDER_.*");
    }
  }
}

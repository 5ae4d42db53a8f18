package org.postern.broker.signin.saml;

import java.util.List;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * What the schema allows once is there once, and a name is text and nothing else: of two subjects,
 * or of a name with an element in it, one reader takes this part and another one that.
 */
final class AssertionShape {
  private static final List<String> ONCE = List.of("Issuer", "Subject", "Conditions");
  private static final List<String> NAMES = List.of("NameID", "BaseID", "EncryptedID");

  private AssertionShape() {}

  static void check(Element assertion) throws SignInException {
    for (String name : ONCE) {
      List<Element> found = Dom.children(assertion, Dom.ASSERTION, name);
      if (found.size() > 1) {
        throw new SignInException(
            SignInFault.SAML_SHAPE, "%d of %s (expected: one)".formatted(found.size(), name));
      }
    }
    for (Element issuer : Dom.children(assertion, Dom.ASSERTION, "Issuer")) {
      checkText(issuer);
    }
    for (Element subject : Dom.children(assertion, Dom.ASSERTION, "Subject")) {
      checkNames(subject);
    }
    for (Element conditions : Dom.children(assertion, Dom.ASSERTION, "Conditions")) {
      for (Element audiences : Dom.children(conditions, Dom.ASSERTION, "AudienceRestriction")) {
        for (Element each : Dom.children(audiences, Dom.ASSERTION, "Audience")) {
          checkText(each);
        }
      }
    }
  }

  private static void checkNames(Element subject) throws SignInException {
    int names = 0;
    for (String kind : NAMES) {
      for (Element name : Dom.children(subject, Dom.ASSERTION, kind)) {
        names++;
        if (kind.equals("NameID")) {
          checkText(name);
        }
      }
    }
    if (names > 1) {
      throw new SignInException(
          SignInFault.SAML_SHAPE, "%d names of the subject (expected: one)".formatted(names));
    }
  }

  private static void checkText(Element element) throws SignInException {
    for (Node child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
      if (child.getNodeType() != Node.TEXT_NODE) {
        throw new SignInException(
            SignInFault.SAML_SHAPE, element.getLocalName() + " holds more than text");
      }
    }
  }
}

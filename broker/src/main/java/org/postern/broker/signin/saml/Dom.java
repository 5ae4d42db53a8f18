package org.postern.broker.signin.saml;

import java.util.ArrayList;
import java.util.List;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** Elements of a document, by their names. */
final class Dom {
  static final String PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";
  static final String ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";
  static final String SIGNATURE = "http://www.w3.org/2000/09/xmldsig#";
  static final String ENCRYPTION = "http://www.w3.org/2001/04/xmlenc#";

  private Dom() {}

  static boolean is(Node node, String namespace, String name) {
    return node instanceof Element element
        && namespace.equals(element.getNamespaceURI())
        && name.equals(element.getLocalName());
  }

  /** Child elements of that name. */
  static List<Element> children(Element parent, String namespace, String name) {
    List<Element> found = new ArrayList<>();
    for (Node child = parent.getFirstChild(); child != null; child = child.getNextSibling()) {
      if (is(child, namespace, name)) {
        found.add((Element) child);
      }
    }
    return found;
  }

  /** Elements of that name anywhere, in any namespace. */
  static List<Element> anywhere(Document document, String name) {
    NodeList nodes = document.getElementsByTagNameNS("*", name);
    List<Element> found = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      found.add((Element) nodes.item(i));
    }
    return found;
  }
}

package org.postern.broker.signin.saml;

import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * The eight classic ways to wrap a signature (Somorovsky et al., "On Breaking SAML", 2012), each
 * over a message that our provider has signed: 1 and 2 over a signed response, the others over a
 * signed assertion.
 */
final class Wrapping {
  private Wrapping() {}

  /**
   * Wraps.
   *
   * @param keepId the forged element keeps the ID of the signed one
   */
  static void wrap(Document document, int form, boolean keepId) {
    Element root = document.getDocumentElement();
    switch (form) {
      case 1, 2 -> response(document, root, form, keepId);
      case 3, 4, 5, 6, 7, 8 -> assertion(document, root, form, keepId);
      default -> throw new IllegalArgumentException("there are eight forms");
    }
  }

  private static void response(Document document, Element root, int form, boolean keepId) {
    Element signature = Dom.children(root, Dom.SIGNATURE, "Signature").getFirst();
    Element original = (Element) root.cloneNode(true);
    original.removeChild(Dom.children(original, Dom.SIGNATURE, "Signature").getFirst());
    forge(root, keepId);
    if (form == 1) {
      signature.appendChild(original);
    } else {
      root.insertBefore(original, signature);
    }
    document.normalize();
  }

  private static void assertion(Document document, Element root, int form, boolean keepId) {
    Element signed = TestIdp.find(document, "Assertion");
    Element forged = (Element) signed.cloneNode(true);
    Element forgedSignature = Dom.children(forged, Dom.SIGNATURE, "Signature").getFirst();
    Element bare = (Element) signed.cloneNode(true);
    bare.removeChild(Dom.children(bare, Dom.SIGNATURE, "Signature").getFirst());
    forge(forged, keepId);
    switch (form) {
      case 3 -> {
        forged.removeChild(forgedSignature);
        root.insertBefore(forged, signed);
      }
      case 4 -> {
        forged.removeChild(forgedSignature);
        root.replaceChild(forged, signed);
        forged.appendChild(signed);
      }
      case 5 -> {
        root.replaceChild(forged, signed);
        root.appendChild(bare);
      }
      case 6 -> {
        root.replaceChild(forged, signed);
        forgedSignature.appendChild(bare);
      }
      case 7 -> {
        forged.removeChild(forgedSignature);
        Element extensions = document.createElementNS(Dom.PROTOCOL, "samlp:Extensions");
        extensions.appendChild(forged);
        root.insertBefore(extensions, signed);
      }
      default -> {
        Element object = document.createElementNS(Dom.SIGNATURE, "ds:Object");
        object.appendChild(bare);
        forgedSignature.appendChild(object);
        root.replaceChild(forged, signed);
      }
    }
  }

  private static void forge(Element element, boolean keepId) {
    if (!keepId) {
      element.setAttribute("ID", "_forged");
    }
    element.getElementsByTagNameNS(Dom.ASSERTION, "NameID").item(0).setTextContent("administrator");
  }
}

package org.postern.broker.signin.saml;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/**
 * The one way XML of strangers is read. Its size is known before; there is no document type, so no
 * entity, no external anything; and what has no business in a SAML message makes it unusable:
 * comments and processing instructions, which readers and signatures see differently, and two
 * elements with one ID.
 */
final class SafeXml {
  private static final Set<String> ID_NAMES = Set.of("ID", "Id", "id", "AssertionID");
  private static final DocumentBuilderFactory FACTORY = factory();

  private SafeXml() {}

  /** How large and how deep. */
  record Bounds(int bytes, int depth, int nodes) {}

  private static DocumentBuilderFactory factory() {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultNSInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
      factory.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
      factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
      factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_DTD, "");
      factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
      factory.setXIncludeAware(false);
      factory.setExpandEntityReferences(false);
      // Cut text into CDATA sections or not: the text is the same, and so is the signature.
      factory.setCoalescing(true);
      return factory;
    } catch (ParserConfigurationException e) {
      throw new AssertionError("the JDK's own parser can be made safe", e);
    }
  }

  /** Reads a document. */
  static Document parse(byte[] xml, Bounds bounds) throws SignInException {
    if (xml.length > bounds.bytes()) {
      throw new SignInException(
          SignInFault.SAML_TOO_LARGE,
          "%d bytes (at most %d)".formatted(xml.length, bounds.bytes()));
    }
    Document document;
    try {
      DocumentBuilder builder;
      synchronized (FACTORY) {
        builder = FACTORY.newDocumentBuilder();
      }
      builder.setErrorHandler(new Strict());
      builder.setEntityResolver((publicId, systemId) -> {
        throw new SAXException("external entities are not read");
      });
      document = builder.parse(new ByteArrayInputStream(xml));
    } catch (ParserConfigurationException e) {
      throw new AssertionError("the JDK has an XML parser", e);
    } catch (SAXException | IOException e) {
      throw new SignInException(
          SignInFault.SAML_UNREADABLE, "not XML that we read: " + e.getMessage(), e);
    }
    check(document, bounds);
    return document;
  }

  private record Place(Node node, int depth) {}

  private static void check(Document document, Bounds bounds) throws SignInException {
    Set<String> ids = new HashSet<>();
    Deque<Place> open = new ArrayDeque<>();
    open.push(new Place(document, 0));
    int nodes = 0;
    while (!open.isEmpty()) {
      Place place = open.pop();
      Node node = place.node();
      if (++nodes > bounds.nodes() || place.depth() > bounds.depth()) {
        throw new SignInException(SignInFault.SAML_TOO_LARGE, "too many or too deep elements");
      }
      switch (node.getNodeType()) {
        case Node.ELEMENT_NODE -> nodes += attributes((Element) node, ids);
        case Node.DOCUMENT_NODE, Node.TEXT_NODE -> {}
        default ->
            throw new SignInException(
                SignInFault.SAML_SHAPE,
                "a comment, instruction or reference (expected: elements and text)");
      }
      for (Node child = node.getFirstChild(); child != null; child = child.getNextSibling()) {
        open.push(new Place(child, place.depth() + 1));
      }
    }
  }

  private static int attributes(Element element, Set<String> ids) throws SignInException {
    NamedNodeMap attributes = element.getAttributes();
    for (int i = 0; i < attributes.getLength(); i++) {
      Attr attribute = (Attr) attributes.item(i);
      boolean plain =
          ID_NAMES.contains(attribute.getLocalName()) && attribute.getNamespaceURI() == null;
      boolean general =
          XMLConstants.XML_NS_URI.equals(attribute.getNamespaceURI())
              && "id".equals(attribute.getLocalName());
      boolean id = plain || general;
      if (id && !ids.add(attribute.getValue())) {
        throw new SignInException(SignInFault.SAML_SHAPE, "two elements have one ID");
      }
    }
    return attributes.getLength();
  }

  /** Nothing is printed, nothing is overlooked. */
  private static final class Strict implements ErrorHandler {
    @Override
    public void warning(SAXParseException exception) throws SAXException {
      throw exception;
    }

    @Override
    public void error(SAXParseException exception) throws SAXException {
      throw exception;
    }

    @Override
    public void fatalError(SAXParseException exception) throws SAXException {
      throw exception;
    }
  }
}

package org.postern.broker.signin.saml;

import java.io.ByteArrayInputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.apache.xml.security.encryption.EncryptedData;
import org.apache.xml.security.encryption.EncryptedKey;
import org.apache.xml.security.encryption.XMLCipher;
import org.apache.xml.security.keys.KeyInfo;
import org.apache.xml.security.signature.XMLSignature;
import org.apache.xml.security.transforms.Transforms;
import org.postern.identity.ServiceKey;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** A SAML provider that says whatever a test wants, and signs it. */
final class TestIdp {
  static final String RSA_SHA256 = Algorithms.RSA_SHA256;
  static final String SHA256 = Algorithms.SHA256;

  final String entityId;
  final ServiceKey key;

  TestIdp(String entityId) {
    this.entityId = entityId;
    this.key = ServiceKey.generate("idp", Instant.parse("2026-01-01T00:00:00Z"));
  }

  String metadata() {
    return metadata(key);
  }

  String metadata(ServiceKey... keys) {
    StringBuilder descriptors = new StringBuilder();
    for (ServiceKey each : keys) {
      descriptors.append(
          """
          <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
          <ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
          """
              .formatted(Base64.getEncoder().encodeToString(each.certificate())));
    }
    return """
    <?xml version="1.0"?>
    <!-- people write comments here -->
    <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%s">
    <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    %s
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/slo"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/>
    </md:IDPSSODescriptor></md:EntityDescriptor>
    """
        .formatted(entityId, descriptors);
  }

  /** What a response says; a test changes some of it. */
  static final class Words {
    final Map<String, String> values = new HashMap<>();

    Words set(String name, String value) {
      values.put(name, value);
      return this;
    }
  }

  /** An honest response, but for the changes; unsigned. */
  Document response(Instant now, ServicePlaces places, Consumer<Words> change) throws Exception {
    Words words = new Words();
    String consumer = places.consumers().getFirst().toString();
    words
        .set("issuer", entityId)
        .set("audience", places.entityId())
        .set("recipient", consumer)
        .set("destination", consumer)
        .set("request", "_request-1")
        .set("confirmedRequest", "_request-1")
        .set("now", now.toString())
        .set("from", now.minusSeconds(5).toString())
        .set("until", now.plusSeconds(300).toString())
        .set("name", "alice-4711")
        .set("format", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
        .set("email", "alice@example.com")
        .set("status", "urn:oasis:names:tc:SAML:2.0:status:Success")
        .set("method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
        .set("authenticated", now.minusSeconds(2).toString())
        .set("conditions", "")
        .set("extra", "");
    change.accept(words);
    String xml =
        """
        <samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="{now}" Destination="{destination}" InResponseTo="{request}">
        <saml:Issuer>{issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>
        <saml:Assertion ID="_assertion" Version="2.0" IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer>
        <saml:Subject><saml:NameID Format="{format}">{name}</saml:NameID><saml:SubjectConfirmation Method="{method}">
        <saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{recipient}" InResponseTo="{confirmedRequest}"/></saml:SubjectConfirmation></saml:Subject>
        <saml:Conditions NotBefore="{from}" NotOnOrAfter="{until}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>{conditions}</saml:Conditions>
        <saml:AuthnStatement AuthnInstant="{authenticated}" SessionIndex="idx-1"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
        <saml:AttributeStatement><saml:Attribute Name="urn:oid:0.9.2342.19200300.100.1.3" FriendlyName="mail"><saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">{email}</saml:AttributeValue></saml:Attribute>
        <saml:Attribute Name="groups"><saml:AttributeValue>staff</saml:AttributeValue><saml:AttributeValue>dev</saml:AttributeValue></saml:Attribute>
        <saml:Attribute Name="department"><saml:AttributeValue>Forschung &amp; Übersee</saml:AttributeValue></saml:Attribute>
        {extra}</saml:AttributeStatement></saml:Assertion></samlp:Response>
        """;
    for (Map.Entry<String, String> each : words.values.entrySet()) {
      xml = xml.replace("{" + each.getKey() + "}", each.getValue());
    }
    // What a test leaves out is left out.
    xml = xml.replace(" InResponseTo=\"\"", "").replace(" Destination=\"\"", "");
    return parse(xml.strip());
  }

  static Document parse(String xml) throws Exception {
    return DocumentBuilderFactory.newDefaultNSInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }

  static Element find(Document document, String name) {
    return (Element) document.getElementsByTagNameNS("*", name).item(0);
  }

  /** Signs an element, the signature after its issuer. */
  void sign(Element element, String algorithm, String digest) throws Exception {
    sign(element, key, algorithm, digest, Algorithms.EXCLUSIVE);
  }

  static void sign(
      Element element, ServiceKey key, String algorithm, String digest, String canonical)
      throws Exception {
    OpenSaml.start();
    element.setIdAttribute("ID", true);
    Document document = element.getOwnerDocument();
    XMLSignature signature = new XMLSignature(document, "", algorithm, canonical);
    Element issuer = (Element) element.getElementsByTagNameNS(Dom.ASSERTION, "Issuer").item(0);
    element.insertBefore(signature.getElement(), issuer.getNextSibling());
    Transforms transforms = new Transforms(document);
    transforms.addTransform(Algorithms.ENVELOPED);
    transforms.addTransform(canonical);
    signature.addDocument("#" + element.getAttribute("ID"), transforms, digest);
    signature.sign(key.privateKey());
  }

  Document signedAssertion(Document document) throws Exception {
    sign(find(document, "Assertion"), RSA_SHA256, SHA256);
    return document;
  }

  Document signedResponse(Document document) throws Exception {
    sign(document.getDocumentElement(), RSA_SHA256, SHA256);
    return document;
  }

  /** Puts the assertion into an envelope for somebody. */
  static void encrypt(Document document, PublicKey to, String algorithm, String transport)
      throws Exception {
    OpenSaml.start();
    int bits = algorithm.contains("256") ? 256 : 128;
    KeyGenerator generator = KeyGenerator.getInstance("AES");
    generator.init(bits, new SecureRandom());
    SecretKey secret = generator.generateKey();
    XMLCipher wrap = XMLCipher.getInstance(transport);
    wrap.init(XMLCipher.WRAP_MODE, to);
    EncryptedKey wrapped = wrap.encryptKey(document, secret);
    XMLCipher cipher = XMLCipher.getInstance(algorithm);
    cipher.init(XMLCipher.ENCRYPT_MODE, secret);
    Element assertion = find(document, "Assertion");
    // By itself, as it will be read.
    Document alone = parse(text(assertion));
    EncryptedData data = cipher.encryptData(document, alone.getDocumentElement());
    KeyInfo info = new KeyInfo(document);
    info.add(wrapped);
    data.setKeyInfo(info);
    Element envelope = document.createElementNS(Dom.ASSERTION, "saml:EncryptedAssertion");
    envelope.appendChild(cipher.martial(data));
    assertion.getParentNode().replaceChild(envelope, assertion);
  }

  static byte[] bytes(Document document) throws Exception {
    return text(document.getDocumentElement()).getBytes(StandardCharsets.UTF_8);
  }

  static String text(Element element) throws Exception {
    Transformer transformer = TransformerFactory.newDefaultInstance().newTransformer();
    transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
    StringWriter out = new StringWriter();
    transformer.transform(new DOMSource(element), new StreamResult(out));
    return out.toString();
  }
}

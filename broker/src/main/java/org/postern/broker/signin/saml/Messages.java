package org.postern.broker.signin.saml;

import java.io.ByteArrayOutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.opensaml.saml.common.SAMLObjectContentReference;
import org.opensaml.saml.common.SignableSAMLObject;
import org.opensaml.security.credential.BasicCredential;
import org.opensaml.xmlsec.signature.support.SignatureException;
import org.opensaml.xmlsec.signature.support.Signer;
import org.postern.broker.signin.ProviderClient.Departure;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.identity.ServiceKey;
import org.w3c.dom.Element;

/** How messages travel (SAML 2.0 Bindings sections 3.4 and 3.5), signed in either. */
final class Messages {
  private static final int INFLATE_STEP = 8_192;

  private Messages() {}

  /** A message in an address: the signature is over the address's own text. */
  static URI redirect(
      URI to, String parameter, SignableSAMLObject message, String relay, ServiceKey key) {
    StringBuilder query = new StringBuilder();
    query
        .append(parameter)
        .append('=')
        .append(encode(Base64.getEncoder().encodeToString(deflate(text(OpenSaml.write(message))))));
    if (!relay.isEmpty()) {
      query.append("&RelayState=").append(encode(relay));
    }
    query.append("&SigAlg=").append(encode(Algorithms.RSA_SHA256));
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key.privateKey());
      signature.update(query.toString().getBytes(StandardCharsets.US_ASCII));
      query
          .append("&Signature=")
          .append(encode(Base64.getEncoder().encodeToString(signature.sign())));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK signs with RSA and SHA-256", e);
    }
    String base = to.toString();
    return URI.create(base + (base.indexOf('?') < 0 ? "?" : "&") + query);
  }

  /** A message in a form. */
  static Departure.Form post(
      URI to, String parameter, SignableSAMLObject message, String relay, ServiceKey key) {
    String xml = text(sign(message, key));
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put(parameter, Base64.getEncoder().encodeToString(xml.getBytes(StandardCharsets.UTF_8)));
    if (!relay.isEmpty()) {
      fields.put("RelayState", relay);
    }
    return new Departure.Form(to, fields);
  }

  /** The element of a message, signed. */
  static Element sign(SignableSAMLObject message, ServiceKey key) {
    org.opensaml.xmlsec.signature.Signature signature =
        OpenSaml.make(
            org.opensaml.xmlsec.signature.Signature.class,
            org.opensaml.xmlsec.signature.Signature.DEFAULT_ELEMENT_NAME);
    signature.setSigningCredential(new BasicCredential(key.publicKey(), key.privateKey()));
    signature.setSignatureAlgorithm(Algorithms.RSA_SHA256);
    signature.setCanonicalizationAlgorithm(Algorithms.EXCLUSIVE);
    message.setSignature(signature);
    ((SAMLObjectContentReference) signature.getContentReferences().getFirst())
        .setDigestAlgorithm(Algorithms.SHA256);
    Element element = OpenSaml.write(message);
    try {
      Signer.signObject(signature);
      return element;
    } catch (SignatureException e) {
      throw new AssertionError("our own messages can be signed", e);
    }
  }

  static String text(Element element) {
    try {
      Transformer transformer = TransformerFactory.newDefaultInstance().newTransformer();
      transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
      StringWriter out = new StringWriter();
      transformer.transform(new DOMSource(element), new StreamResult(out));
      return out.toString();
    } catch (TransformerException e) {
      throw new AssertionError("our own messages can be written", e);
    }
  }

  private static byte[] deflate(String xml) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try (DeflaterOutputStream stream = new DeflaterOutputStream(out, deflater)) {
      stream.write(xml.getBytes(StandardCharsets.UTF_8));
    } catch (java.io.IOException e) {
      throw new AssertionError("writing to memory does not fail", e);
    } finally {
      deflater.end();
    }
    return out.toByteArray();
  }

  /** What a form's field holds. */
  static byte[] decode(String base64) throws SignInException {
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new SignInException(SignInFault.SAML_UNREADABLE, "not base64", e);
    }
  }

  /** What an address's parameter holds; a bomb is put out at the limit. */
  static byte[] inflate(String base64, int bytesMax) throws SignInException {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(decode(base64));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] step = new byte[INFLATE_STEP];
      while (!inflater.finished()) {
        int count = inflater.inflate(step);
        if (count == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
          throw new SignInException(SignInFault.SAML_UNREADABLE, "compressed data ends early");
        }
        out.write(step, 0, count);
        if (out.size() > bytesMax) {
          throw new SignInException(SignInFault.SAML_TOO_LARGE, "inflates over " + bytesMax);
        }
      }
      return out.toByteArray();
    } catch (DataFormatException e) {
      throw new SignInException(SignInFault.SAML_UNREADABLE, "not compressed data", e);
    } finally {
      inflater.end();
    }
  }

  /**
   * Whether one of the keys has signed a message in an address. Only the parameters' values are
   * left of the text that was signed; it is put together again in the two spellings that are in
   * use.
   */
  static boolean isSignedQuery(String parameter, Map<String, String> query, List<PublicKey> keys)
      throws SignInException {
    String algorithm = query.getOrDefault("SigAlg", "");
    String name = Algorithms.signatures().getOrDefault(algorithm, "");
    if (name.isEmpty()) {
      throw new SignInException(SignInFault.SAML_ALGORITHM, "signed with another algorithm");
    }
    byte[] value = decode(query.getOrDefault("Signature", ""));
    String upper = signedText(parameter, query);
    for (String text : List.of(upper, lowerEscapes(upper))) {
      for (PublicKey key : keys) {
        if (Algorithms.fits(algorithm, key) && isSigned(text, value, name, key)) {
          return true;
        }
      }
    }
    return false;
  }

  private static String signedText(String parameter, Map<String, String> query) {
    StringBuilder text = new StringBuilder();
    text.append(parameter).append('=').append(encode(query.getOrDefault(parameter, "")));
    if (query.containsKey("RelayState")) {
      text.append("&RelayState=").append(encode(query.getOrDefault("RelayState", "")));
    }
    return text.append("&SigAlg=").append(encode(query.getOrDefault("SigAlg", ""))).toString();
  }

  private static String lowerEscapes(String text) {
    StringBuilder out = new StringBuilder(text);
    for (int at = out.indexOf("%");
        at >= 0 && at + 3 <= out.length();
        at = out.indexOf("%", at + 3)) {
      out.replace(at, at + 3, out.substring(at, at + 3).toLowerCase(Locale.ROOT));
    }
    return out.toString();
  }

  private static boolean isSigned(String text, byte[] value, String name, PublicKey key) {
    try {
      Signature signature = Signature.getInstance(name);
      signature.initVerify(key);
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return signature.verify(value);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}

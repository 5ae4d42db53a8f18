package org.postern.broker.signin.saml;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.List;
import org.apache.xml.security.exceptions.XMLSecurityException;
import org.apache.xml.security.signature.Reference;
import org.apache.xml.security.signature.XMLSignature;
import org.apache.xml.security.transforms.Transforms;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Element;

/**
 * Verifies an enveloped signature and hands out the octets that were signed. Whoever wants to know
 * what a signed element says reads these octets and nothing else: what was not hashed cannot be
 * read, wherever in the message it was put.
 *
 * <p>Of a signature's own words nothing is believed: the key is one that we were given before (its
 * KeyInfo is not looked at), algorithms are of our list, and it refers to its own parent.
 */
final class SignedElement {
  private SignedElement() {}

  /**
   * The octets of an element that one of the keys has signed.
   *
   * @param element with exactly one signature as a child
   */
  static byte[] octets(Element element, List<PublicKey> keys) throws SignInException {
    OpenSaml.start();
    List<Element> signatures = Dom.children(element, Dom.SIGNATURE, "Signature");
    if (signatures.size() != 1) {
      throw new SignInException(
          SignInFault.SAML_SHAPE, signatures.size() + " signatures of one element");
    }
    String id = element.getAttribute("ID");
    if (id.isEmpty()) {
      throw new SignInException(SignInFault.SAML_SHAPE, "what is signed has no ID");
    }
    element.setIdAttribute("ID", true);
    try {
      XMLSignature signature = new XMLSignature(signatures.getFirst(), "", true);
      Reference reference = onlyReference(signature, id);
      byte[] octets = reference.getContentsAfterTransformation().getBytes();
      checkDigest(reference, octets);
      checkValue(signature, keys);
      if (!element.isSameNode(element.getOwnerDocument().getElementById(id))) {
        throw new SignInException(SignInFault.SAML_SHAPE, "the ID is another element's");
      }
      return octets;
    } catch (XMLSecurityException | IOException | RuntimeException e) {
      // The library meets broken signatures with exceptions of every kind.
      throw new SignInException(
          SignInFault.SAML_SIGNATURE, "signature cannot be judged: " + e.getMessage(), e);
    }
  }

  private static Reference onlyReference(XMLSignature signature, String id)
      throws XMLSecurityException, SignInException {
    if (signature.getObjectLength() != 0 || signature.getSignedInfo().getLength() != 1) {
      throw new SignInException(
          SignInFault.SAML_SHAPE, "a signature with objects or several references");
    }
    String algorithm = signature.getSignedInfo().getSignatureMethodURI();
    String canonical = signature.getSignedInfo().getCanonicalizationMethodURI();
    if (!Algorithms.signatures().containsKey(algorithm)
        || !Algorithms.EXCLUSIVE.equals(canonical)) {
      throw new SignInException(
          SignInFault.SAML_ALGORITHM, "signed with " + algorithm + " over " + canonical);
    }
    Reference reference = signature.getSignedInfo().item(0);
    if (!("#" + id).equals(reference.getURI())) {
      throw new SignInException(
          SignInFault.SAML_SHAPE, "the signature is about something else than its parent");
    }
    checkTransforms(reference.getTransforms());
    return reference;
  }

  /** Take the signature out, then canonicalise; nothing that computes, cuts or leaves out. */
  private static void checkTransforms(Transforms transforms)
      throws XMLSecurityException, SignInException {
    boolean good =
        transforms != null
            && transforms.getLength() == 2
            && Algorithms.ENVELOPED.equals(transforms.item(0).getURI())
            && Algorithms.EXCLUSIVE.equals(transforms.item(1).getURI());
    if (!good) {
      throw new SignInException(
          SignInFault.SAML_ALGORITHM,
          "transforms (expected: enveloped signature, exclusive canonicalisation)");
    }
  }

  private static void checkDigest(Reference reference, byte[] octets)
      throws XMLSecurityException, SignInException {
    String algorithm = reference.getMessageDigestAlgorithm().getAlgorithmURI();
    String name = Algorithms.digests().get(algorithm);
    if (name == null) {
      throw new SignInException(SignInFault.SAML_ALGORITHM, "digest " + algorithm);
    }
    try {
      byte[] digest = MessageDigest.getInstance(name).digest(octets);
      if (!MessageDigest.isEqual(digest, reference.getDigestValue())) {
        throw new SignInException(SignInFault.SAML_SIGNATURE, "what is signed was changed");
      }
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-2", e);
    }
  }

  private static void checkValue(XMLSignature signature, List<PublicKey> keys)
      throws SignInException {
    String algorithm = signature.getSignedInfo().getSignatureMethodURI();
    for (PublicKey key : keys) {
      if (Algorithms.fits(algorithm, key) && isSignedBy(signature, key)) {
        return;
      }
    }
    throw new SignInException(
        SignInFault.SAML_SIGNATURE, "none of the provider's %d keys fits".formatted(keys.size()));
  }

  private static boolean isSignedBy(XMLSignature signature, PublicKey key) {
    try {
      return signature.checkSignatureValue(key);
    } catch (XMLSecurityException | RuntimeException e) {
      return false;
    }
  }
}

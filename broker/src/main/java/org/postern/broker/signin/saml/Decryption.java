package org.postern.broker.signin.saml;

import java.security.Key;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import org.apache.xml.security.encryption.EncryptedData;
import org.apache.xml.security.encryption.EncryptedKey;
import org.apache.xml.security.encryption.XMLCipher;
import org.apache.xml.security.exceptions.XMLSecurityException;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Element;

/**
 * Opens an encrypted assertion with one of our keys. Every failure is one and the same answer, so
 * that nobody learns from answers what a ciphertext holds. What comes out is read like any other
 * message of a stranger.
 */
final class Decryption {
  private static final int KEYS_MAX = 4;

  private Decryption() {}

  /**
   * The XML inside.
   *
   * @param signedAround a good signature covers the ciphertext
   */
  static byte[] open(Element encrypted, List<PrivateKey> keys, boolean signedAround)
      throws SignInException {
    OpenSaml.start();
    List<Element> datas = Dom.children(encrypted, Dom.ENCRYPTION, "EncryptedData");
    if (datas.size() != 1) {
      throw new SignInException(SignInFault.SAML_SHAPE, "an encrypted assertion without its data");
    }
    Element data = datas.getFirst();
    String algorithm = algorithm(data);
    if (!Algorithms.isEncryption(algorithm, signedAround)) {
      throw new SignInException(
          SignInFault.SAML_ALGORITHM,
          "encrypted with %s%s"
              .formatted(
                  algorithm,
                  signedAround ? "" : " and no signature around it (expected: AES-GCM)"));
    }
    for (Element wrapped : wrappedKeys(encrypted, data)) {
      if (!Algorithms.isKeyTransport(algorithm(wrapped))) {
        throw new SignInException(
            SignInFault.SAML_ALGORITHM,
            "its key is encrypted with " + algorithm(wrapped) + " (expected: RSA-OAEP)");
      }
      for (PrivateKey key : keys) {
        byte[] plain = tryOpen(data, wrapped, key);
        if (plain.length > 0) {
          return plain;
        }
      }
    }
    throw new SignInException(SignInFault.SAML_ENCRYPTION, "none of our keys opens it");
  }

  /** Beside the data, or in its KeyInfo. */
  private static List<Element> wrappedKeys(Element encrypted, Element data) throws SignInException {
    List<Element> wrapped = new ArrayList<>();
    for (Element info : Dom.children(data, Dom.SIGNATURE, "KeyInfo")) {
      wrapped.addAll(Dom.children(info, Dom.ENCRYPTION, "EncryptedKey"));
    }
    wrapped.addAll(Dom.children(encrypted, Dom.ENCRYPTION, "EncryptedKey"));
    if (wrapped.isEmpty() || wrapped.size() > KEYS_MAX) {
      throw new SignInException(SignInFault.SAML_SHAPE, wrapped.size() + " wrapped keys");
    }
    return wrapped;
  }

  private static String algorithm(Element encrypted) {
    List<Element> methods = Dom.children(encrypted, Dom.ENCRYPTION, "EncryptionMethod");
    return methods.size() == 1 ? methods.getFirst().getAttribute("Algorithm") : "";
  }

  private static byte[] tryOpen(Element data, Element wrapped, PrivateKey ours) {
    try {
      XMLCipher outer = XMLCipher.getInstance();
      outer.setSecureValidation(true);
      outer.init(XMLCipher.DECRYPT_MODE, null);
      EncryptedData content = outer.loadEncryptedData(data.getOwnerDocument(), data);
      EncryptedKey key = outer.loadEncryptedKey(data.getOwnerDocument(), wrapped);
      XMLCipher unwrap = XMLCipher.getInstance();
      unwrap.setSecureValidation(true);
      unwrap.init(XMLCipher.UNWRAP_MODE, ours);
      Key secret = unwrap.decryptKey(key, content.getEncryptionMethod().getAlgorithm());
      XMLCipher cipher = XMLCipher.getInstance();
      cipher.setSecureValidation(true);
      cipher.init(XMLCipher.DECRYPT_MODE, secret);
      return cipher.decryptToByteArray(data);
    } catch (XMLSecurityException | RuntimeException e) {
      return new byte[0];
    }
  }
}

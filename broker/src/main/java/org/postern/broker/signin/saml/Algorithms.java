package org.postern.broker.signin.saml;

import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Map;
import java.util.Set;

/**
 * The algorithms that count (W3C XML Signature 1.1, RFC 9231, XML Encryption 1.1). Whatever is not
 * here, SHA-1 first of all, does not.
 */
final class Algorithms {
  static final String EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
  static final String ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
  static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  static final String SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";

  private static final String MORE = "http://www.w3.org/2001/04/xmldsig-more#";
  private static final String MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#";
  private static final int RSA_BITS_MIN = 2_048;
  private static final int EC_BITS_MIN = 256;

  /** JDK names of digests. */
  private static final Map<String, String> DIGESTS =
      Map.of(
          SHA256,
          "SHA-256",
          MORE + "sha384",
          "SHA-384",
          "http://www.w3.org/2001/04/xmlenc#sha512",
          "SHA-512");

  /** JDK names of signatures; PSS is judged by the XML library alone. */
  private static final Map<String, String> SIGNATURES =
      Map.of(
          RSA_SHA256,
          "SHA256withRSA",
          MORE + "rsa-sha384",
          "SHA384withRSA",
          MORE + "rsa-sha512",
          "SHA512withRSA",
          MORE + "ecdsa-sha256",
          "SHA256withECDSAinP1363Format",
          MORE + "ecdsa-sha384",
          "SHA384withECDSAinP1363Format",
          MORE + "ecdsa-sha512",
          "SHA512withECDSAinP1363Format",
          MORE_2007 + "sha256-rsa-MGF1",
          "",
          MORE_2007 + "sha384-rsa-MGF1",
          "",
          MORE_2007 + "sha512-rsa-MGF1",
          "");

  /** Authenticated encryption of data. */
  private static final Set<String> GCM =
      Set.of(
          "http://www.w3.org/2009/xmlenc11#aes128-gcm",
          "http://www.w3.org/2009/xmlenc11#aes192-gcm",
          "http://www.w3.org/2009/xmlenc11#aes256-gcm");

  private static final Set<String> CBC =
      Set.of(
          "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
          "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
          "http://www.w3.org/2001/04/xmlenc#aes256-cbc");

  private static final Set<String> KEY_TRANSPORT =
      Set.of(
          "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
          "http://www.w3.org/2009/xmlenc11#rsa-oaep");

  private Algorithms() {}

  static Map<String, String> digests() {
    return DIGESTS;
  }

  static Map<String, String> signatures() {
    return SIGNATURES;
  }

  static boolean isKeyTransport(String algorithm) {
    return KEY_TRANSPORT.contains(algorithm);
  }

  /**
   * Whether data may be encrypted so.
   *
   * @param signedAround a good signature covers the ciphertext: without one, CBC is an oracle
   */
  static boolean isEncryption(String algorithm, boolean signedAround) {
    return GCM.contains(algorithm) || (signedAround && CBC.contains(algorithm));
  }

  static boolean isStrong(PublicKey key) {
    return switch (key) {
      case RSAPublicKey rsa -> rsa.getModulus().bitLength() >= RSA_BITS_MIN;
      case ECPublicKey ec -> ec.getParams().getCurve().getField().getFieldSize() >= EC_BITS_MIN;
      default -> false;
    };
  }

  /** Whether a key can have made such a signature at all. */
  static boolean fits(String algorithm, PublicKey key) {
    return algorithm.contains("ecdsa") ? key instanceof ECPublicKey : key instanceof RSAPublicKey;
  }
}

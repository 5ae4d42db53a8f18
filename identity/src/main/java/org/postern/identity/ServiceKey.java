package org.postern.identity;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The key with which the broker speaks to identity providers: RSA, because SAML providers encrypt
 * to nothing else, in a certificate that it signed itself, because that is how they want to be
 * given it. Nobody of ours believes this certificate.
 */
public final class ServiceKey {
  private static final int RSA_BITS = 3_072;
  private static final int SERIAL_BITS = 128;
  private static final Duration VALIDITY = Duration.ofDays(3_650);

  private final byte[] certificate;
  private final KeyCertificate read;
  private final PrivateKey privateKey;

  private ServiceKey(byte[] certificate, KeyCertificate read, PrivateKey privateKey) {
    this.certificate = certificate;
    this.read = read;
    this.privateKey = privateKey;
  }

  /** Makes one; takes a second or so. */
  public static ServiceKey generate(String commonName, Instant now) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(RSA_BITS);
      KeyPair pair = generator.generateKeyPair();
      X500Name name =
          new X500NameBuilder(BCStyle.INSTANCE)
              .addRDN(BCStyle.O, "Postern")
              .addRDN(BCStyle.CN, commonName.length() > 64 ? "broker" : commonName)
              .build();
      byte[] der =
          new X509v3CertificateBuilder(
                  name,
                  new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(SERIAL_BITS - 1),
                  Date.from(now),
                  Date.from(now.plus(VALIDITY)),
                  name,
                  CertificateForms.keyInfo(pair.getPublic()))
              .build(new JcaContentSignerBuilder("SHA256withRSA").build(pair.getPrivate()))
              .getEncoded();
      return open(der, pair.getPrivate().getEncoded());
    } catch (GeneralSecurityException
        | OperatorCreationException
        | IOException
        | IdentityException e) {
      throw new AssertionError("every JDK makes RSA keys", e);
    }
  }

  /**
   * The key that was stored.
   *
   * @param certificate DER
   * @param pkcs8 the private key, DER
   */
  public static ServiceKey open(byte[] certificate, byte[] pkcs8) throws IdentityException {
    try {
      PrivateKey key =
          KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      return new ServiceKey(certificate.clone(), KeyCertificate.of(certificate), key);
    } catch (GeneralSecurityException e) {
      throw new IdentityException("the stored service key is not an RSA key", e);
    }
  }

  /** DER. */
  public byte[] certificate() {
    return certificate.clone();
  }

  /** PKCS #8, DER; seal it. */
  public byte[] pkcs8() {
    return privateKey.getEncoded();
  }

  /** Signs and decrypts. */
  public PrivateKey privateKey() {
    return privateKey;
  }

  /** Its other half. */
  public PublicKey publicKey() {
    return read.key();
  }

  /** Names it: SHA-256 of the certificate, lower-case hex. */
  public String fingerprint() {
    return read.fingerprint();
  }

  @Override
  public String toString() {
    return "ServiceKey[" + fingerprint() + ", redacted]";
  }
}

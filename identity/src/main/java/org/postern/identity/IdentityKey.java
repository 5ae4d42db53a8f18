package org.postern.identity;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A P-256 key pair made here, which never leaves this machine; what leaves is a request ({@link
 * #csr()}). Becomes a {@link Credential} with the chain that was issued for it.
 */
public final class IdentityKey {
  private final KeyPair pair;

  IdentityKey(KeyPair pair) {
    this.pair = pair;
  }

  /** Makes a key; takes well under a millisecond. */
  public static IdentityKey generate() {
    return new IdentityKey(newPair());
  }

  static KeyPair newPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has P-256", e);
    }
  }

  /**
   * A DER certificate request (RFC 2986) that proves possession of this key. It names nobody: who
   * the certificate is for is the issuer's decision.
   */
  public byte[] csr() {
    try {
      return new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=postern"), pair.getPublic())
          .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
          .getEncoded();
    } catch (OperatorCreationException | IOException e) {
      throw new AssertionError("a P-256 key signs a request", e);
    }
  }

  PrivateKey privateKey() {
    return pair.getPrivate();
  }

  PublicKey publicKey() {
    return pair.getPublic();
  }

  @Override
  public String toString() {
    return "IdentityKey[P-256, redacted]";
  }
}

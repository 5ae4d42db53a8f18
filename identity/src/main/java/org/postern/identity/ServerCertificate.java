package org.postern.identity;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;

/** Key and chain of the HTTPS door: issued by our CA, or the operator's own. Immutable. */
public final class ServerCertificate {
  private final PrivateKey key;
  private final List<X509Certificate> chain;

  ServerCertificate(PrivateKey key, List<X509Certificate> chain) {
    this.key = key;
    this.chain = List.copyOf(chain);
  }

  /**
   * Reads the operator's files.
   *
   * @param chainFile PEM certificates, leaf first
   * @param keyFile PEM private key, EC or RSA, PKCS #8 or traditional, not encrypted, mode 0600
   * @throws IdentityException when one cannot be read or they do not belong together
   */
  public static ServerCertificate fromFiles(Path chainFile, Path keyFile) throws IdentityException {
    List<X509Certificate> chain;
    try {
      List<byte[]> ders =
          Pem.read(chainFile.toString(), SecretFiles.read(chainFile)).stream()
              .filter(block -> block.label().equals(Pem.CERTIFICATE))
              .map(Pem.Block::der)
              .toList();
      chain = Certs.parseAll(ders);
    } catch (IOException | CertificateException e) {
      throw new IdentityException(
          "cannot read " + chainFile + "; expected PEM certificates, leaf first", e);
    }
    PrivateKey key = readKey(keyFile, SecretFiles.readPrivate(keyFile));
    if (chain.isEmpty() || !belongTogether(key, chain.getFirst())) {
      throw new IdentityException(
          "the first certificate in " + chainFile + " is not for the key in " + keyFile);
    }
    return new ServerCertificate(key, chain);
  }

  private static PrivateKey readKey(Path file, String pem) throws IdentityException {
    @Nullable PrivateKey key = null;
    try (PEMParser parser = new PEMParser(new StringReader(pem))) {
      JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
      for (Object next = parser.readObject();
          next != null && key == null;
          next = parser.readObject()) {
        if (next instanceof PEMKeyPair pair) {
          key = converter.getPrivateKey(pair.getPrivateKeyInfo());
        } else if (next instanceof PrivateKeyInfo info) {
          key = converter.getPrivateKey(info);
        }
      }
    } catch (IOException | RuntimeException e) {
      // No cause: it may describe key bytes.
      key = null;
    }
    if (key == null) {
      throw new IdentityException(
          file + " holds no private key that can be read; expected an unencrypted PEM key");
    }
    return key;
  }

  private static boolean belongTogether(PrivateKey key, X509Certificate leaf) {
    String algorithm = key.getAlgorithm().startsWith("EC") ? "SHA256withECDSA" : "SHA256withRSA";
    byte[] probe = {'p', 'a', 'i', 'r'};
    try {
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(probe);
      byte[] signature = signer.sign();
      signer.initVerify(leaf.getPublicKey());
      signer.update(probe);
      return signer.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  public Instant notAfter() {
    return chain.getFirst().getNotAfter().toInstant();
  }

  /** PEM certificates, leaf first. */
  public String chainPem() {
    return Certs.pem(chain);
  }

  /** The private key in PEM (PKCS #8). Secret: for handing to a TLS server in this process only. */
  public String keyPem() {
    return Pem.write(Pem.PRIVATE_KEY, key.getEncoded());
  }

  PrivateKey privateKey() {
    return key;
  }

  List<X509Certificate> chain() {
    return chain;
  }

  @Override
  public String toString() {
    return "ServerCertificate[until " + notAfter() + ", key redacted]";
  }
}

package org.postern.identity;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Who we are: a private key made here and the certificate chain issued for it. Immutable. */
public final class Credential {
  private static final double HALF = 0.5;

  /** Renewal is spread over this part of the lifetime, so that a fleet does not ask at once. */
  private static final double SPREAD = 0.1;

  private final PrivateKey key;
  private final List<X509Certificate> chain;
  private final SpiffeId id;
  private final String fingerprint;

  private Credential(PrivateKey key, List<X509Certificate> chain, SpiffeId id) {
    this.key = key;
    this.chain = chain;
    this.id = id;
    this.fingerprint = Certs.fingerprint(Certs.der(chain.getFirst()));
  }

  /** Joins a key and the chain that our own CA just issued for it. */
  public static Credential of(IdentityKey key, IssuedChain chain) throws IdentityException {
    return of(key, chain.der());
  }

  /**
   * Joins a key and a chain that came back from enrollment or renewal.
   *
   * @param chainDer DER, leaf first
   * @throws IdentityException when the chain cannot be read, names nobody, or is not for this key
   */
  public static Credential of(IdentityKey key, List<byte[]> chainDer) throws IdentityException {
    return of(key.privateKey(), chainDer);
  }

  static Credential of(PrivateKey key, List<byte[]> chainDer) throws IdentityException {
    if (chainDer.isEmpty() || chainDer.size() > IdentityLimits.MAX_PRESENTED_CERTIFICATES) {
      throw new IdentityException(
          "certificate chain has " + chainDer.size() + " certificates; expected leaf and issuing");
    }
    List<X509Certificate> chain;
    SpiffeId id;
    try {
      chain = Certs.parseAll(chainDer);
      id = LeafIdentity.of(chain.getFirst());
    } catch (CertificateException e) {
      throw new IdentityException("certificate chain cannot be used: " + e.getMessage(), e);
    }
    if (!belongTogether(key, chain.getFirst())) {
      throw new IdentityException(
          "certificate is not for the private key beside it; enroll again to get a pair");
    }
    return new Credential(key, chain, id);
  }

  private static boolean belongTogether(PrivateKey key, X509Certificate leaf) {
    byte[] probe = {'p', 'a', 'i', 'r'};
    try {
      Signature signer = Signature.getInstance("SHA256withECDSA");
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

  /** A DER certificate request that proves possession of this key, as {@link IdentityKey#csr}. */
  public byte[] csr() {
    return identityKey().csr();
  }

  /** The key, to be joined with its next certificate. */
  public IdentityKey identityKey() {
    return new IdentityKey(new KeyPair(chain.getFirst().getPublicKey(), key));
  }

  public SpiffeId id() {
    return id;
  }

  public Instant notBefore() {
    return chain.getFirst().getNotBefore().toInstant();
  }

  public Instant notAfter() {
    return chain.getFirst().getNotAfter().toInstant();
  }

  /** SHA-256 of the leaf's DER in lower-case hex. */
  public String fingerprint() {
    return fingerprint;
  }

  /** Leaf first, in DER. */
  public List<byte[]> chainDer() {
    return chain.stream().map(Certs::der).toList();
  }

  /**
   * When to renew: at half of the lifetime plus up to a tenth of it. How much of that tenth comes
   * from the certificate itself, so it is the same after a restart and different for every peer.
   */
  public Instant renewAt() {
    long lifetimeMillis = Duration.between(notBefore(), notAfter()).toMillis();
    double spread = Integer.parseInt(fingerprint.substring(0, 4), 16) / 65536.0 * SPREAD;
    return notBefore().plusMillis((long) (lifetimeMillis * (HALF + spread)));
  }

  public boolean needsRenewal(Instant now) {
    return !now.isBefore(renewAt());
  }

  public boolean isExpired(Instant now) {
    return now.isAfter(notAfter());
  }

  PrivateKey privateKey() {
    return key;
  }

  List<X509Certificate> chain() {
    return chain;
  }

  @Override
  public String toString() {
    return "Credential[" + id + ", until " + notAfter() + ", key redacted]";
  }
}

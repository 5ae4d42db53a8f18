package org.postern.identity;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/** A certificate just issued, with the issuing certificate it needs beside it. Immutable. */
public final class IssuedChain {
  private final SpiffeId id;
  private final List<X509Certificate> chain;

  IssuedChain(SpiffeId id, List<X509Certificate> chain) {
    this.id = id;
    this.chain = List.copyOf(chain);
  }

  public SpiffeId id() {
    return id;
  }

  /** DER, leaf first, then the issuing certificate; the root is not in it. */
  public List<byte[]> der() {
    return chain.stream().map(Certs::der).toList();
  }

  public String pem() {
    return Certs.pem(chain);
  }

  public Instant notAfter() {
    return chain.getFirst().getNotAfter().toInstant();
  }

  /** SHA-256 of the leaf's DER in lower-case hex, as in {@link VerifiedPeer#fingerprint()}. */
  public String fingerprint() {
    return Certs.fingerprint(Certs.der(chain.getFirst()));
  }
}

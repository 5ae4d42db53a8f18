package org.postern.identity;

/** A certificate request that was not signed; the fault is the asking peer's. */
public final class CsrRefusedException extends Exception {
  private static final long serialVersionUID = 1;

  /** What was wrong with the request. */
  public enum Reason {
    /** More than 4096 bytes. */
    TOO_LARGE,
    /** Not one DER PKCS #10 request (RFC 2986). */
    MALFORMED,
    /** The key is not an uncompressed point on P-256. */
    KEY_NOT_P256,
    /** Not signed with ECDSA and SHA-256 by the key it names: no proof of possession. */
    NO_PROOF_OF_POSSESSION
  }

  private final Reason reason;

  CsrRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}

package org.postern.identity;

/** Limits of this module; all in bytes or counts. */
final class IdentityLimits {
  /** A certificate request; ours have about 250 bytes. */
  static final int MAX_CSR_BYTES = 4096;

  /** The certificates a peer may present in a handshake, before anything of them is looked at. */
  static final int MAX_CERTIFICATE_LIST_BYTES = 16 * 1024;

  /** Certificates a peer may present in a handshake; ours presents two. */
  static final int MAX_PRESENTED_CERTIFICATES = 8;

  /** Leaves whose path was validated and is remembered, so that a reconnect costs no signatures. */
  static final int MAX_REMEMBERED_LEAVES = 4096;

  /** A file of a credential store or a PEM bundle. */
  static final int MAX_PEM_BYTES = 256 * 1024;

  private IdentityLimits() {}
}

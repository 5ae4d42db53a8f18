package org.postern.identity;

import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * The other end of a TLS connection, as proven by its handshake. Only a handshake on a context of
 * {@link PeerTls} makes one: from the leaf whose key the peer proved to hold, after that leaf's own
 * path to one of our roots was validated. Immutable, safe on any thread.
 */
public final class VerifiedPeer {
  /** Under this name the trust manager leaves its result in the session that it verified. */
  static final String SESSION_KEY = "org.postern.identity.VerifiedPeer";

  private final SpiffeId id;
  private final Instant notBefore;
  private final Instant notAfter;
  private final byte[] leafDer;
  private final String fingerprint;

  VerifiedPeer(SpiffeId id, X509Certificate leaf, Instant notBefore, Instant notAfter) {
    this.id = id;
    this.notBefore = notBefore;
    this.notAfter = notAfter;
    this.leafDer = Certs.der(leaf);
    this.fingerprint = Certs.fingerprint(leafDer);
  }

  /**
   * The peer of a finished handshake.
   *
   * @throws SSLPeerUnverifiedException when the session was not verified by {@link PeerTls}: no
   *     peer certificate, a context of somebody else, or a resumed session
   */
  public static VerifiedPeer of(SSLSession session) throws SSLPeerUnverifiedException {
    Certificate[] presented = session.getPeerCertificates();
    if (!(session.getValue(SESSION_KEY) instanceof VerifiedPeer peer)) {
      throw new SSLPeerUnverifiedException(
          "peer's certificate was not verified in this handshake; expected a context of PeerTls");
    }
    if (presented.length == 0 || !peer.isLeaf(presented[0])) {
      throw new SSLPeerUnverifiedException(
          "session's leaf is not the one that was verified; expected one handshake per session");
    }
    return peer;
  }

  /** The id's text form, in the shape of the tunnel's peer check. */
  public static String spiffeIdOf(SSLSession session) throws SSLPeerUnverifiedException {
    return of(session).id.toString();
  }

  boolean isLeaf(Certificate certificate) {
    try {
      return Arrays.equals(leafDer, certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      return false;
    }
  }

  public SpiffeId id() {
    return id;
  }

  /** When the whole path becomes valid. */
  Instant notBefore() {
    return notBefore;
  }

  /** When the path ends: the earliest end of the leaf and the certificates above it. */
  public Instant notAfter() {
    return notAfter;
  }

  /** SHA-256 of the leaf's DER in lower-case hex. */
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public String toString() {
    return "VerifiedPeer[" + id + ", until " + notAfter + ", " + fingerprint + "]";
  }
}

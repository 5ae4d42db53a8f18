package org.postern.identity;

import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Validates a leaf's own path (RFC 5280 §6): leaf, issuing certificates, one of our roots. Other
 * certificates that the peer sent along are never looked at as an identity; at most they are tried
 * as an issuer. Safe on any thread.
 *
 * <p>A leaf that passed is remembered by its bytes, because devices and connectors connect again
 * and again with the same one. Remembered are only facts that cannot change: signatures, uses,
 * names and dates; the dates are compared with the clock every time.
 */
final class PathCheck {
  /** What a certificate must be good for. */
  enum Use {
    CLIENT("1.3.6.1.5.5.7.3.2", "client"),
    SERVER("1.3.6.1.5.5.7.3.1", "server");

    private final String oid;
    private final String text;

    Use(String oid, String text) {
      this.oid = oid;
      this.text = text;
    }
  }

  private static final int MAX_PATH = 4;
  private static final int DIGITAL_SIGNATURE = 0;

  private record Checked(VerifiedPeer peer, boolean client, boolean server) {}

  private final TrustBundle trust;
  private final InstantSource clock;
  private final Set<TrustAnchor> anchors = new HashSet<>();
  private final Map<LeafKey, Checked> remembered =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<LeafKey, Checked> eldest) {
          return size() > IdentityLimits.MAX_REMEMBERED_LEAVES;
        }
      };

  private record LeafKey(String sha256) {}

  PathCheck(TrustBundle trust, InstantSource clock) {
    this.trust = trust;
    this.clock = clock;
    trust.roots().forEach(root -> anchors.add(new TrustAnchor(root, null)));
  }

  InstantSource clock() {
    return clock;
  }

  /**
   * @throws CertificateException saying why the peer's own certificate is not accepted
   */
  VerifiedPeer verify(X509Certificate[] presented, Use use) throws CertificateException {
    if (presented.length == 0 || presented.length > IdentityLimits.MAX_PRESENTED_CERTIFICATES) {
      throw new CertificateException(
          "peer presented " + presented.length + " certificates; expected leaf and issuing");
    }
    byte[] leafDer = presented[0].getEncoded();
    LeafKey key = new LeafKey(Certs.fingerprint(leafDer));
    Checked checked;
    synchronized (remembered) {
      checked = remembered.get(key);
    }
    Instant now = clock.instant();
    if (checked == null) {
      checked = check(leafDer, presented, now);
      synchronized (remembered) {
        remembered.put(key, checked);
      }
    }
    requireTime(checked.peer, now);
    if (!(use == Use.CLIENT ? checked.client : checked.server)) {
      throw new CertificateException(
          "certificate of " + checked.peer.id() + " is not for use as a " + use.text);
    }
    return checked.peer;
  }

  private static void requireTime(VerifiedPeer peer, Instant now) throws CertificateException {
    if (now.isBefore(peer.notBefore())) {
      throw new CertificateException(
          "certificate of "
              + peer.id()
              + " is not valid before "
              + peer.notBefore()
              + ", now is "
              + now
              + "; check the clocks");
    }
    if (now.isAfter(peer.notAfter())) {
      throw new CertificateException(
          "certificate of " + peer.id() + " expired at " + peer.notAfter() + ", now is " + now);
    }
  }

  private Checked check(byte[] leafDer, X509Certificate[] presented, Instant now)
      throws CertificateException {
    X509Certificate leaf = Certs.parse(leafDer);
    if (leaf.getBasicConstraints() >= 0) {
      throw new CertificateException("peer presented a CA's certificate; expected a leaf");
    }
    List<X509Certificate> path = path(leaf, presented);
    Instant from = leaf.getNotBefore().toInstant();
    Instant until = leaf.getNotAfter().toInstant();
    for (X509Certificate certificate : path) {
      from = later(from, certificate.getNotBefore().toInstant());
      until = earlier(until, certificate.getNotAfter().toInstant());
    }
    SpiffeId id = LeafIdentity.of(leaf);
    if (!id.trustDomain().equals(trust.trustDomain())) {
      throw new CertificateException(
          "certificate is of another trust domain; expected " + trust.trustDomain());
    }
    VerifiedPeer peer = new VerifiedPeer(id, leaf, from, until);
    requireTime(peer, now);
    validate(path, now);
    return new Checked(peer, isFor(leaf, Use.CLIENT), isFor(leaf, Use.SERVER));
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private static boolean isFor(X509Certificate leaf, Use use) throws CertificateException {
    boolean[] keyUsage = leaf.getKeyUsage();
    List<String> extended = leaf.getExtendedKeyUsage();
    return keyUsage != null
        && keyUsage[DIGITAL_SIGNATURE]
        && extended != null
        && extended.contains(use.oid);
  }

  /** From the leaf up, following issuer names and the signatures that prove them. */
  private List<X509Certificate> path(X509Certificate leaf, X509Certificate[] presented)
      throws CertificateException {
    List<X509Certificate> path = new ArrayList<>(MAX_PATH);
    X509Certificate last = leaf;
    path.add(leaf);
    while (!isUnderRoot(last)) {
      X509Certificate issuer = path.size() < MAX_PATH ? issuerOf(last, presented) : null;
      if (issuer == null) {
        throw new CertificateException(
            "certificate was not issued by our CA; expected one of trust domain "
                + trust.trustDomain());
      }
      path.add(issuer);
      last = issuer;
    }
    return path;
  }

  private boolean isUnderRoot(X509Certificate certificate) {
    return trust.roots().stream().anyMatch(root -> issued(root, certificate));
  }

  private @Nullable X509Certificate issuerOf(
      X509Certificate certificate, X509Certificate[] presented) throws CertificateException {
    for (X509Certificate known : trust.intermediates()) {
      if (issued(known, certificate)) {
        return known;
      }
    }
    for (int i = 1; i < presented.length; i++) {
      X509Certificate candidate = Certs.parse(presented[i].getEncoded());
      if (candidate.getBasicConstraints() >= 0 && issued(candidate, certificate)) {
        return candidate;
      }
    }
    return null;
  }

  private static boolean issued(X509Certificate issuer, X509Certificate certificate) {
    return issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
        && KeyIds.match(issuer, certificate);
  }

  private void validate(List<X509Certificate> path, Instant now) throws CertificateException {
    try {
      CertPath certPath = CertificateFactory.getInstance("X.509").generateCertPath(path);
      PKIXParameters parameters = new PKIXParameters(anchors);
      // Revocation is state in the policy snapshot, asked after the handshake and while it lives.
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      CertPathValidator.getInstance("PKIX").validate(certPath, parameters);
    } catch (CertPathValidatorException e) {
      throw new CertificateException(
          "certificate's path to our CA is not valid: " + e.getMessage(), e);
    } catch (GeneralSecurityException e) {
      throw new CertificateException("certificate's path cannot be validated", e);
    }
  }
}

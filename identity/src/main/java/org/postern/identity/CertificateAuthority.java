package org.postern.identity;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.postern.identity.CertificateForms.Issuer;
import org.postern.identity.CertificateForms.Subject;

/**
 * The built-in CA of a deployment: a root (10 years), and an issuing key under it (5 years) that
 * signs all leaves. ECDSA P-256. Created once, kept sealed. Immutable and safe on any thread;
 * issuing is about a millisecond of CPU, so keep it off event loops.
 */
public final class CertificateAuthority {
  /** Longest validity of a leaf. */
  public static final Duration MAX_LEAF_VALIDITY = Duration.ofDays(397);

  /** Leaves are valid from a little before now, for peers whose clock is behind. */
  static final Duration BACKDATE = Duration.ofMinutes(5);

  private static final Duration ROOT_VALIDITY = Duration.ofDays(3653);
  private static final Duration ISSUING_VALIDITY = Duration.ofDays(1826);
  private static final String PURPOSE = "postern certificate authority";
  private static final byte FORMAT = 1;
  private static final int MAX_FIELD_BYTES = 8192;
  private static final int MAX_RETIRED = 16;

  private final TrustDomain trustDomain;
  private final Issuer root;
  private final Issuer issuing;
  private final List<X509Certificate> retired;
  private final InstantSource clock;
  private final CertificateForms forms = new CertificateForms();
  private final TrustBundle trust;

  private CertificateAuthority(
      TrustDomain trustDomain,
      Issuer root,
      Issuer issuing,
      List<X509Certificate> retired,
      InstantSource clock)
      throws IdentityException {
    this.trustDomain = trustDomain;
    this.root = root;
    this.issuing = issuing;
    this.retired = List.copyOf(retired);
    this.clock = clock;
    List<X509Certificate> trusted = new ArrayList<>();
    trusted.add(root.certificate());
    trusted.add(issuing.certificate());
    trusted.addAll(retired);
    this.trust = new TrustBundle(trustDomain, trusted);
  }

  /** Makes the keys and certificates of a new deployment. {@link #seal} and store them next. */
  public static CertificateAuthority create(TrustDomain trustDomain, InstantSource clock) {
    KeyPair key = IdentityKey.newPair();
    Instant now = clock.instant();
    X500Name name = CertificateForms.authorityName(trustDomain, "Root");
    SubjectPublicKeyInfo keyInfo = CertificateForms.keyInfo(key.getPublic());
    Subject subject = new Subject(name, keyInfo, now.minus(BACKDATE), now.plus(ROOT_VALIDITY));
    X509Certificate certificate = new CertificateForms().root(subject, key.getPrivate());
    Issuer root = new Issuer(certificate, key.getPrivate());
    Issuer issuing = newIssuing(trustDomain, root, now);
    return build(trustDomain, root, issuing, List.of(), clock);
  }

  private static CertificateAuthority build(
      TrustDomain trustDomain,
      Issuer root,
      Issuer issuing,
      List<X509Certificate> retired,
      InstantSource clock) {
    try {
      return new CertificateAuthority(trustDomain, root, issuing, retired, clock);
    } catch (IdentityException e) {
      throw new AssertionError("certificates we just made can be used", e);
    }
  }

  private static Issuer newIssuing(TrustDomain trustDomain, Issuer root, Instant now) {
    KeyPair key = IdentityKey.newPair();
    Instant until = earlier(now.plus(ISSUING_VALIDITY), end(root));
    Subject subject =
        new Subject(
            CertificateForms.authorityName(trustDomain, "Issuing"),
            CertificateForms.keyInfo(key.getPublic()),
            now.minus(BACKDATE),
            until);
    return new Issuer(new CertificateForms().issuing(subject, root, trustDomain), key.getPrivate());
  }

  private static Instant end(Issuer issuer) {
    return issuer.certificate().getNotAfter().toInstant();
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  /**
   * Opens a sealed CA.
   *
   * @throws IdentityException when the sealing key is another one, or the bytes are damaged
   */
  public static CertificateAuthority open(SealingKey key, byte[] sealed, InstantSource clock)
      throws IdentityException {
    byte[] plain = key.open(PURPOSE, sealed);
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(plain))) {
      byte format = in.readByte();
      if (format != FORMAT) {
        throw new IdentityException(
            "certificate authority is stored in format " + format + ", expected " + FORMAT);
      }
      TrustDomain trustDomain = new TrustDomain(in.readUTF());
      Issuer root = readIssuer(in);
      Issuer issuing = readIssuer(in);
      int count = in.readUnsignedByte();
      List<X509Certificate> retired = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        retired.add(Certs.parse(readField(in)));
      }
      return new CertificateAuthority(trustDomain, root, issuing, retired, clock);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new IdentityException("certificate authority's stored form cannot be read", e);
    }
  }

  private static Issuer readIssuer(DataInputStream in)
      throws IOException, GeneralSecurityException {
    X509Certificate certificate = Certs.parse(readField(in));
    return new Issuer(certificate, Certs.ecPrivateKey(readField(in)));
  }

  private static byte[] readField(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > MAX_FIELD_BYTES) {
      throw new IOException("field of " + length + " bytes");
    }
    byte[] field = new byte[length];
    in.readFully(field);
    return field;
  }

  /** The whole CA, keys included, sealed for storage. */
  public byte[] seal(SealingKey key) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeUTF(trustDomain.name());
      for (Issuer issuer : List.of(root, issuing)) {
        writeField(out, Certs.der(issuer.certificate()));
        writeField(out, issuer.key().getEncoded());
      }
      out.writeByte(retired.size());
      for (X509Certificate certificate : retired) {
        writeField(out, Certs.der(certificate));
      }
    } catch (IOException e) {
      throw new AssertionError("writing to memory does not fail", e);
    }
    return key.seal(PURPOSE, bytes.toByteArray());
  }

  private static void writeField(DataOutputStream out, byte[] field) throws IOException {
    out.writeInt(field.length);
    out.write(field);
  }

  /**
   * The same CA with a new issuing key; leaves of the old one stay valid. Seal and store the
   * result.
   */
  public CertificateAuthority withNewIssuingKey() {
    Instant now = clock.instant();
    List<X509Certificate> kept = new ArrayList<>();
    kept.add(issuing.certificate());
    for (X509Certificate old : retired) {
      if (kept.size() < MAX_RETIRED && old.getNotAfter().toInstant().isAfter(now)) {
        kept.add(old);
      }
    }
    return build(trustDomain, root, newIssuing(trustDomain, root, now), kept, clock);
  }

  /** Half of the issuing certificate's life is over. */
  public boolean needsNewIssuingKey() {
    Instant from = issuing.certificate().getNotBefore().toInstant();
    return clock.instant().isAfter(from.plus(Duration.between(from, end(issuing)).dividedBy(2)));
  }

  /**
   * Signs a leaf for the key of a certificate request. From the request only the key is taken, once
   * its possession is proven; the name and the uses follow from the id.
   *
   * @param csrDer DER of RFC 2986, at most 4096 bytes, from anybody
   * @param id whom the caller has authenticated, of this trust domain
   * @param validity from now, more than zero, at most {@link #MAX_LEAF_VALIDITY}; cut where the
   *     issuing certificate ends
   * @throws CsrRefusedException when the request is refused
   */
  public IssuedChain issue(byte[] csrDer, SpiffeId id, Duration validity)
      throws CsrRefusedException {
    if (!id.trustDomain().equals(trustDomain)) {
      throw new IllegalArgumentException(
          id + " is not of trust domain " + trustDomain + ", which this CA serves");
    }
    Instant[] fromUntil = fromUntil(validity);
    SubjectPublicKeyInfo key = CsrCheck.provenKey(csrDer);
    X509Certificate leaf = forms.peer(id, key, issuing, fromUntil);
    return new IssuedChain(id, List.of(leaf, issuing.certificate()));
  }

  /**
   * SHA-256 of the request's SubjectPublicKeyInfo in lower-case hex: by which a key is known before
   * and after it has a certificate. Possession of the key is proven first.
   *
   * @throws CsrRefusedException when the request is refused
   */
  public static String provenKeyFingerprint(byte[] csrDer) throws CsrRefusedException {
    try {
      return Certs.fingerprint(CsrCheck.provenKey(csrDer).getEncoded());
    } catch (IOException e) {
      throw new AssertionError("a key that was just read can be written", e);
    }
  }

  /** A credential for a part of this very process: key made here, certificate issued at once. */
  public Credential issueOwn(SpiffeId id, Duration validity) {
    IdentityKey key = IdentityKey.generate();
    try {
      return Credential.of(key, issue(key.csr(), id, validity));
    } catch (CsrRefusedException | IdentityException e) {
      throw new AssertionError("our own request is in order", e);
    }
  }

  /**
   * A key and certificate for the HTTPS door. It has DNS names and addresses only, no SPIFFE id, so
   * it cannot be used as a peer's.
   *
   * @param names DNS names (a leading {@code *.} is allowed) and IP literals, at least one
   * @throws IllegalArgumentException when a name is neither
   */
  public ServerCertificate issueServerName(List<String> names, Duration validity) {
    Instant[] fromUntil = fromUntil(validity);
    KeyPair key = IdentityKey.newPair();
    Subject subject =
        new Subject(
            ServerNames.subject(names.getFirst()),
            CertificateForms.keyInfo(key.getPublic()),
            fromUntil[0],
            fromUntil[1]);
    X509Certificate leaf = forms.server(subject, issuing, ServerNames.of(names));
    // The root goes along for those who know its fingerprint only (WebTls.clientPinned).
    return new ServerCertificate(
        key.getPrivate(), List.of(leaf, issuing.certificate(), root.certificate()));
  }

  private Instant[] fromUntil(Duration validity) {
    if (!validity.isPositive() || validity.compareTo(MAX_LEAF_VALIDITY) > 0) {
      throw new IllegalArgumentException(
          "validity is " + validity + "; expected more than zero, at most " + MAX_LEAF_VALIDITY);
    }
    Instant now = clock.instant();
    if (!now.isBefore(end(issuing))) {
      throw new IllegalStateException(
          "issuing certificate ended at " + end(issuing) + "; renew it: withNewIssuingKey");
    }
    return new Instant[] {now.minus(BACKDATE), earlier(now.plus(validity), end(issuing))};
  }

  public TrustDomain trustDomain() {
    return trustDomain;
  }

  /** What peers must trust to accept this CA's leaves. */
  public TrustBundle trust() {
    return trust;
  }

  @Override
  public String toString() {
    return "CertificateAuthority[" + trustDomain + ", keys redacted]";
  }
}

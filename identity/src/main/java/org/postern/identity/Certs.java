package org.postern.identity;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The few conversions between bytes and the JDK's certificate types. */
final class Certs {
  private Certs() {}

  static X509Certificate parse(byte[] der) throws CertificateException {
    ByteArrayInputStream in = new ByteArrayInputStream(der);
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    X509Certificate certificate = (X509Certificate) factory.generateCertificate(in);
    if (in.available() > 0) {
      throw new CertificateException("certificate is followed by " + in.available() + " bytes");
    }
    return certificate;
  }

  static List<X509Certificate> parseAll(List<byte[]> ders) throws CertificateException {
    List<X509Certificate> parsed = new ArrayList<>(ders.size());
    for (byte[] der : ders) {
      parsed.add(parse(der));
    }
    return List.copyOf(parsed);
  }

  static byte[] der(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new AssertionError("a parsed certificate has an encoding", e);
    }
  }

  static String pem(List<X509Certificate> certificates) {
    StringBuilder text = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      text.append(Pem.write(Pem.CERTIFICATE, der(certificate)));
    }
    return text.toString();
  }

  static PrivateKey ecPrivateKey(byte[] pkcs8) throws GeneralSecurityException {
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  static String fingerprint(byte[] der) {
    return HexFormat.of().formatHex(sha256(der));
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}

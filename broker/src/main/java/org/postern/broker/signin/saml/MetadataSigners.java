package org.postern.broker.signin.saml;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.identity.IdentityException;
import org.postern.identity.KeyCertificate;
import org.w3c.dom.Element;

/**
 * Who must have signed a provider's metadata, by the operator's word: certificates, or their
 * SHA-256 (then the signature must bring the certificate along). The signature must be of the
 * document's own root, and is judged as that of an assertion is. Dates of these certificates are
 * not asked: the operator named them. Safe on any thread.
 */
final class MetadataSigners {
  private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
  private static final String END = "-----END CERTIFICATE-----";

  private final List<String> named;

  /** With certificates (PEM) or fingerprints, as the policy has them. */
  MetadataSigners(List<String> named) {
    this.named = List.copyOf(named);
  }

  /** What was signed, and the SHA-256 of the certificate that did. */
  static final class Signed {
    private final byte[] octets;
    private final String signer;

    private Signed(byte[] octets, String signer) {
      this.octets = octets;
      this.signer = signer;
    }

    String signer() {
      return signer;
    }

    Element root(SafeXml.Bounds bounds) throws SignInException {
      return SafeXml.parse(octets, bounds).getDocumentElement();
    }
  }

  boolean isEmpty() {
    return named.isEmpty();
  }

  /** The octets of the root that one of the signers has signed. */
  Signed verified(Element root) throws SignInException {
    List<Element> signatures = Dom.children(root, Dom.SIGNATURE, "Signature");
    if (signatures.isEmpty()) {
      throw refused("its root is not signed", new ArrayList<>());
    }
    List<KeyCertificate> brought = brought(signatures.getFirst());
    List<KeyCertificate> usable = usable(brought);
    SignInException last = null;
    for (KeyCertificate each : usable) {
      try {
        return new Signed(SignedElement.octets(root, List.of(each.key())), each.fingerprint());
      } catch (SignInException e) {
        last = e;
      }
    }
    if (last == null) {
      throw refused("it is signed by a certificate that is not named", brought);
    }
    if (last.fault() == SignInFault.SAML_SIGNATURE) {
      throw refused("no named certificate fits its signature, or it was changed", brought);
    }
    throw refused(String.valueOf(last.getMessage()), brought);
  }

  private List<KeyCertificate> usable(List<KeyCertificate> brought) throws SignInException {
    List<KeyCertificate> usable = new ArrayList<>();
    for (String each : named) {
      if (each.startsWith(BEGIN)) {
        usable.add(certificate(each));
      }
    }
    for (KeyCertificate each : brought) {
      if (named.stream().anyMatch(name -> isSame(name, each.fingerprint()))) {
        usable.add(each);
      }
    }
    for (KeyCertificate each : usable) {
      if (!Algorithms.isStrong(each.key())) {
        throw refused("the key of its signer is too short", List.of(each));
      }
    }
    return usable;
  }

  private static boolean isSame(String one, String other) {
    return MessageDigest.isEqual(
        one.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
  }

  private static KeyCertificate certificate(String pem) throws SignInException {
    try {
      String base64 = pem.substring(BEGIN.length(), pem.indexOf(END));
      return KeyCertificate.of(Base64.getMimeDecoder().decode(base64.strip()));
    } catch (IdentityException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new SignInException(
              SignInFault.PROVIDER_MISCONFIGURED, "metadataSigners has no readable certificate", e)
          .advising("Copy the certificate anew: -----BEGIN CERTIFICATE----- and what follows.");
    }
  }

  /** Certificates that a signature names; they count only if the operator named them too. */
  static List<KeyCertificate> brought(Element signature) {
    List<KeyCertificate> found = new ArrayList<>();
    for (Element info : Dom.children(signature, Dom.SIGNATURE, "KeyInfo")) {
      for (Element data : Dom.children(info, Dom.SIGNATURE, "X509Data")) {
        for (Element each : Dom.children(data, Dom.SIGNATURE, "X509Certificate")) {
          try {
            found.add(KeyCertificate.of(Base64.getMimeDecoder().decode(each.getTextContent())));
          } catch (IdentityException | IllegalArgumentException e) {
            // As good as none.
          }
        }
      }
    }
    return found;
  }

  private SignInException refused(String why, List<KeyCertificate> brought) throws SignInException {
    List<String> expected = new ArrayList<>();
    for (String each : named) {
      expected.add(each.startsWith(BEGIN) ? certificate(each).fingerprint() : each);
    }
    return new SignInException(
            SignInFault.PROVIDER_MISCONFIGURED,
            "metadata is not taken: %s (SHA-256 of its certificate: %s; expected: %s)"
                .formatted(
                    why,
                    brought.isEmpty()
                        ? "none given"
                        : String.join(
                            ", ", brought.stream().map(KeyCertificate::fingerprint).toList()),
                    String.join(", ", expected)))
        .advising(
            "If the provider has a new certificate for its metadata, ask it by another way whether"
                + " that is so, and add it under metadataSigners. Expected is a signature of the"
                + " document's root, by SHA-256 or better.");
  }
}

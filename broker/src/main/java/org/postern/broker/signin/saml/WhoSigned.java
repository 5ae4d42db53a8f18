package org.postern.broker.signin.saml;

import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.identity.KeyCertificate;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Says to an administrator by which certificate a refused response was signed, and which ones the
 * metadata names. Only for test sign-ins: it looks at keys that the message brings along, which are
 * never believed.
 */
final class WhoSigned {
  private final List<KeyCertificate> expected;
  private final List<PrivateKey> decryptionKeys;
  private final SafeXml.Bounds bounds;

  WhoSigned(IdpMetadata metadata, List<PrivateKey> decryptionKeys, SafeXml.Bounds bounds) {
    this.expected = metadata.certificates();
    this.decryptionKeys = decryptionKeys;
    this.bounds = bounds;
  }

  /** The same refusal, with all that can be said of its signatures. */
  SignInException explain(SignInException refusal, byte[] xml) {
    if (refusal.fault() != SignInFault.SAML_SIGNATURE) {
      return refusal;
    }
    List<String> said = new ArrayList<>();
    try {
      Document document = SafeXml.parse(xml, bounds);
      say(document, said);
      for (Element each : Dom.anywhere(document, "EncryptedAssertion")) {
        say(SafeXml.parse(Decryption.open(each, decryptionKeys, false), bounds), said);
      }
    } catch (SignInException e) {
      // Then no more can be said of it.
    }
    if (said.isEmpty()) {
      return refusal;
    }
    return new SignInException(
            SignInFault.SAML_SIGNATURE,
            "%s. Expected of the metadata (SHA-256): %s"
                .formatted(
                    String.join("; ", said),
                    String.join(", ", expected.stream().map(KeyCertificate::fingerprint).toList())),
            refusal)
        .advising(
            "If the provider signs with that certificate on purpose, let its metadata name it too"
                + " (fetch the file anew, or publish both during a rotation); else find out who"
                + " sent this.");
  }

  private void say(Document document, List<String> said) {
    for (Element signature : Dom.anywhere(document, "Signature")) {
      if (signature.getParentNode() instanceof Element signed) {
        say(signed, MetadataSigners.brought(signature), said);
      }
    }
  }

  private static void say(Element signed, List<KeyCertificate> brought, List<String> said) {
    String what = "the " + signed.getLocalName().toLowerCase(java.util.Locale.ROOT);
    if (brought.isEmpty()) {
      said.add(what + " does not say by which certificate it is signed");
    }
    for (KeyCertificate each : brought) {
      said.add(
          fits(signed, each)
              ? "%s is signed by certificate %s".formatted(what, each.fingerprint())
              : "%s names certificate %s, but that did not sign it: it was changed on its way"
                  .formatted(what, each.fingerprint()));
    }
  }

  private static boolean fits(Element signed, KeyCertificate certificate) {
    try {
      return Algorithms.isStrong(certificate.key())
          && SignedElement.octets(signed, List.of(certificate.key())).length > 0;
    } catch (SignInException e) {
      return false;
    }
  }
}

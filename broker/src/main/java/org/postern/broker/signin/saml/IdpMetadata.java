package org.postern.broker.signin.saml;

import java.net.URI;
import java.net.URISyntaxException;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.opensaml.core.xml.XMLObject;
import org.opensaml.saml.common.xml.SAMLConstants;
import org.opensaml.saml.saml2.common.CacheableSAMLObject;
import org.opensaml.saml.saml2.common.TimeBoundSAMLObject;
import org.opensaml.saml.saml2.metadata.Endpoint;
import org.opensaml.saml.saml2.metadata.EntitiesDescriptor;
import org.opensaml.saml.saml2.metadata.EntityDescriptor;
import org.opensaml.saml.saml2.metadata.IDPSSODescriptor;
import org.opensaml.saml.saml2.metadata.KeyDescriptor;
import org.opensaml.security.credential.UsageType;
import org.opensaml.xmlsec.signature.X509Certificate;
import org.opensaml.xmlsec.signature.X509Data;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.identity.IdentityException;
import org.postern.identity.KeyCertificate;
import org.w3c.dom.Element;

/**
 * What a SAML provider says about itself (SAML 2.0 Metadata).
 *
 * @param certificates of the keys that sign its messages: two during a rotation
 * @param weakKeys how many more were left out because they are too short to be believed
 * @param signOut where browsers go to sign out, if there is such a place
 * @param validUntil after which it must not be believed, if it says so
 * @param cacheDuration after which it should be read anew, if it says so
 * @param signer SHA-256 of the certificate that signed it; empty if nobody had to
 */
record IdpMetadata(
    String entityId,
    List<KeyCertificate> certificates,
    int weakKeys,
    Optional<URI> redirect,
    Optional<URI> post,
    Optional<SignOutPlace> signOut,
    Optional<Instant> validUntil,
    Optional<Duration> cacheDuration,
    String signer) {

  /** Where browsers go to sign out, and where to with our answer. */
  record SignOutPlace(URI requests, URI responses) {}

  IdpMetadata {
    certificates = List.copyOf(certificates);
  }

  List<PublicKey> keys() {
    return certificates.stream().map(KeyCertificate::key).toList();
  }

  /**
   * Reads it.
   *
   * @param wanted the entity ID; empty: the only one there is
   * @param signers who must have signed it; if that is nobody, its own signature is not looked at
   */
  static IdpMetadata parse(byte[] xml, String wanted, MetadataSigners signers, SamlLimits limits)
      throws SignInException {
    SafeXml.Bounds bounds =
        new SafeXml.Bounds(limits.metadataBytes(), limits.depth(), limits.metadataNodes());
    try {
      Element root = SafeXml.parse(withoutComments(xml), bounds).getDocumentElement();
      if (signers.isEmpty()) {
        return of(entity(root, wanted), "", limits);
      }
      MetadataSigners.Signed signed = signers.verified(root);
      // From here on only the octets that were signed are read.
      return of(entity(signed.root(bounds), wanted), signed.signer(), limits);
    } catch (SignInException e) {
      throw e.fault() == SignInFault.PROVIDER_MISCONFIGURED
          ? e
          : wrong("metadata: " + e.getMessage())
              .advising(
                  e.fault() == SignInFault.SAML_TOO_LARGE
                      ? "Name an address that holds this provider alone, not a whole federation."
                      : "What is there is no SAML 2.0 metadata; copy the address anew from the"
                          + " provider's SAML settings.");
    }
  }

  /** People write comments into metadata files; nobody has signed them for us. */
  private static byte[] withoutComments(byte[] xml) {
    String text = new String(xml, java.nio.charset.StandardCharsets.ISO_8859_1);
    int start = text.indexOf("<!--");
    if (start < 0) {
      return xml;
    }
    StringBuilder out = new StringBuilder(text.length());
    int from = 0;
    while (start >= 0) {
      int end = text.indexOf("-->", start + 4);
      if (end < 0) {
        return xml;
      }
      out.append(text, from, start);
      from = end + 3;
      start = text.indexOf("<!--", from);
    }
    return out.append(text, from, text.length())
        .toString()
        .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static EntityDescriptor entity(Element root, String wanted) throws SignInException {
    List<EntityDescriptor> all = new ArrayList<>();
    if ("EntitiesDescriptor".equals(root.getLocalName())) {
      all.addAll(OpenSaml.read(EntitiesDescriptor.class, root).getEntityDescriptors());
    } else {
      all.add(OpenSaml.read(EntityDescriptor.class, root));
    }
    List<EntityDescriptor> fitting =
        all.stream()
            .filter(each -> each.getIDPSSODescriptor(SAMLConstants.SAML20P_NS) != null)
            .filter(each -> wanted.isEmpty() || wanted.equals(each.getEntityID()))
            .toList();
    if (fitting.size() != 1) {
      throw wrong(
          "metadata has %d identity providers%s (expected: one; name it with entityId)"
              .formatted(fitting.size(), wanted.isEmpty() ? "" : " called " + wanted));
    }
    return fitting.getFirst();
  }

  private static IdpMetadata of(EntityDescriptor entity, String signer, SamlLimits limits)
      throws SignInException {
    IDPSSODescriptor role = entity.getIDPSSODescriptor(SAMLConstants.SAML20P_NS);
    String entityId = entity.getEntityID();
    if (role == null || entityId == null || entityId.isBlank()) {
      throw wrong("metadata does not name an identity provider");
    }
    List<KeyCertificate> certificates = new ArrayList<>();
    int weak = 0;
    for (KeyCertificate each : certificates(role)) {
      if (Algorithms.isStrong(each.key())) {
        certificates.add(each);
      } else {
        weak++;
      }
    }
    if (certificates.isEmpty() || certificates.size() > limits.keys()) {
      throw wrong(
              "metadata has %d usable signing keys and %d weak ones (expected: 1 to %d)"
                  .formatted(certificates.size(), weak, limits.keys()))
          .advising(
              "The provider must publish the certificate that it signs with (RSA 2048, P-256).");
    }
    Optional<URI> redirect =
        place(role.getSingleSignOnServices(), SAMLConstants.SAML2_REDIRECT_BINDING_URI);
    Optional<URI> post =
        place(role.getSingleSignOnServices(), SAMLConstants.SAML2_POST_BINDING_URI);
    if (redirect.isEmpty() && post.isEmpty()) {
      throw wrong("metadata has no place to sign in (expected: redirect or POST binding)");
    }
    return new IdpMetadata(
        entityId,
        certificates,
        weak,
        redirect,
        post,
        signOut(role),
        until(role),
        cacheDuration(role),
        signer);
  }

  private static Optional<SignOutPlace> signOut(IDPSSODescriptor role) throws SignInException {
    for (Endpoint each : role.getSingleLogoutServices()) {
      if (SAMLConstants.SAML2_REDIRECT_BINDING_URI.equals(each.getBinding())) {
        URI requests = address(each.getLocation());
        String responses = each.getResponseLocation();
        return Optional.of(
            new SignOutPlace(requests, responses == null ? requests : address(responses)));
      }
    }
    return Optional.empty();
  }

  /** Whatever lies around it ends it too. */
  private static Optional<Instant> until(IDPSSODescriptor role) {
    return around(role).stream()
        .map(each -> each instanceof TimeBoundSAMLObject bound ? bound.getValidUntil() : null)
        .filter(Objects::nonNull)
        .min(Comparator.naturalOrder());
  }

  private static Optional<Duration> cacheDuration(IDPSSODescriptor role) {
    return around(role).stream()
        .map(each -> each instanceof CacheableSAMLObject kept ? kept.getCacheDuration() : null)
        .filter(Objects::nonNull)
        .min(Comparator.naturalOrder());
  }

  private static List<XMLObject> around(XMLObject object) {
    List<XMLObject> all = new ArrayList<>();
    for (XMLObject each = object; each != null; each = each.getParent()) {
      all.add(each);
    }
    return all;
  }

  private static List<KeyCertificate> certificates(IDPSSODescriptor role) throws SignInException {
    List<KeyCertificate> found = new ArrayList<>();
    for (KeyDescriptor descriptor : role.getKeyDescriptors()) {
      if (descriptor.getUse() == UsageType.ENCRYPTION || descriptor.getKeyInfo() == null) {
        continue;
      }
      for (X509Data data : descriptor.getKeyInfo().getX509Datas()) {
        for (X509Certificate each : data.getX509Certificates()) {
          found.add(certificate(String.valueOf(each.getValue())));
        }
      }
    }
    return found;
  }

  private static KeyCertificate certificate(String base64) throws SignInException {
    try {
      return KeyCertificate.of(Base64.getMimeDecoder().decode(base64));
    } catch (IdentityException | IllegalArgumentException e) {
      throw wrong("metadata holds a certificate that cannot be read");
    }
  }

  private static Optional<URI> place(List<? extends Endpoint> endpoints, String binding)
      throws SignInException {
    for (Endpoint each : endpoints) {
      if (binding.equals(each.getBinding())) {
        return Optional.of(address(each.getLocation()));
      }
    }
    return Optional.empty();
  }

  /** Browsers are sent there by us. */
  private static URI address(String location) throws SignInException {
    try {
      URI uri = new URI(String.valueOf(location));
      boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
      if (web && uri.getHost() != null && uri.getRawFragment() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw wrong("metadata names a place that is not a web address");
  }

  private static SignInException wrong(String detail) {
    return new SignInException(SignInFault.PROVIDER_MISCONFIGURED, detail);
  }
}

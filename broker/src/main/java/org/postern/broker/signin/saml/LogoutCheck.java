package org.postern.broker.signin.saml;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.opensaml.saml.saml2.core.Issuer;
import org.opensaml.saml.saml2.core.LogoutRequest;
import org.opensaml.saml.saml2.core.SessionIndex;
import org.postern.broker.signin.FormBody;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Element;

/**
 * Judges a provider's request to sign somebody out (SAML 2.0 Profiles section 4.4): signed, by the
 * provider, to us, now.
 */
final class LogoutCheck {
  private static final String PARAMETER = "SAMLRequest";

  private final SamlProvider client;
  private final SamlSettings settings;

  LogoutCheck(SamlProvider client) {
    this.client = client;
    this.settings = client.settings();
  }

  /**
   * Who is to be signed out.
   *
   * @param sessions the provider's names for the sessions that end; empty: all of this person's
   */
  record Asked(String id, String name, List<String> sessions, Instant until) {
    /** Copies the list. */
    Asked {
      sessions = List.copyOf(sessions);
    }
  }

  /** A request in an address. */
  Asked byRedirect(Map<String, String> query) throws SignInException {
    byte[] xml =
        Messages.inflate(query.getOrDefault(PARAMETER, ""), settings.saml().messageBytes());
    IdpMetadata known = client.source().current();
    if (!Messages.isSignedQuery(PARAMETER, query, known.keys())
        && !Messages.isSignedQuery(
            PARAMETER, query, client.source().afterRotationForSignOut(known).keys())) {
      throw new SignInException(SignInFault.SAML_SIGNATURE, "none of the provider's keys fits");
    }
    return judge(SafeXml.parse(xml, bounds()).getDocumentElement());
  }

  /** A request in a form. */
  Asked byPost(FormBody form) throws SignInException {
    byte[] xml = Messages.decode(form.field(PARAMETER).orElse(""));
    Element root = SafeXml.parse(xml, bounds()).getDocumentElement();
    if (Dom.children(root, Dom.SIGNATURE, "Signature").isEmpty()) {
      throw new SignInException(SignInFault.SAML_UNSIGNED, "the sign-out is not signed");
    }
    return judge(SafeXml.parse(signed(xml, root), bounds()).getDocumentElement());
  }

  /** A signature that fits no key may be one of a new key. */
  private byte[] signed(byte[] xml, Element root) throws SignInException {
    IdpMetadata known = client.source().current();
    try {
      return SignedElement.octets(root, known.keys());
    } catch (SignInException e) {
      IdpMetadata fresh =
          e.fault() == SignInFault.SAML_SIGNATURE
              ? client.source().afterRotationForSignOut(known)
              : known;
      if (fresh.certificates().equals(known.certificates())) {
        throw e;
      }
      return SignedElement.octets(SafeXml.parse(xml, bounds()).getDocumentElement(), fresh.keys());
    }
  }

  private SafeXml.Bounds bounds() {
    SamlLimits limits = settings.saml();
    return new SafeXml.Bounds(limits.messageBytes(), limits.depth(), limits.nodes());
  }

  private Asked judge(Element root) throws SignInException {
    LogoutRequest request = OpenSaml.read(LogoutRequest.class, root);
    Issuer issuer = request.getIssuer();
    if (issuer == null
        || !client.source().current().entityId().equals(String.valueOf(issuer.getValue()))) {
      throw new SignInException(SignInFault.SAML_ISSUER, "the sign-out is another issuer's");
    }
    if (!client.places().signOut().toString().equals(request.getDestination())) {
      throw new SignInException(
          SignInFault.SAML_RECIPIENT, "destination is not " + client.places().signOut());
    }
    Instant until = until(request.getIssueInstant(), request.getNotOnOrAfter());
    String id = request.getID();
    String name = request.getNameID() == null ? null : request.getNameID().getValue();
    if (id == null || id.isEmpty() || name == null || name.isEmpty()) {
      throw new SignInException(SignInFault.SAML_SUBJECT, "the sign-out names nobody");
    }
    if (request.getSessionIndexes().size() > settings.saml().sessionIndexes()) {
      throw new SignInException(
          SignInFault.SAML_TOO_LARGE,
          "the sign-out names more than %d sessions".formatted(settings.saml().sessionIndexes()));
    }
    List<String> sessions = new ArrayList<>();
    for (SessionIndex index : request.getSessionIndexes()) {
      String value = index.getValue();
      if (value == null || value.isEmpty()) {
        // Without a name it would mean all of them.
        throw new SignInException(SignInFault.SAML_SHAPE, "a SessionIndex is empty");
      }
      sessions.add(value);
    }
    return new Asked(id, name, sessions, until);
  }

  private Instant until(@Nullable Instant issued, @Nullable Instant end) throws SignInException {
    Instant now = settings.clock().instant();
    Instant oldest = now.minus(settings.saml().requestAge()).minus(settings.signIn().clockSkew());
    boolean fits =
        issued != null
            && !issued.isBefore(oldest)
            && !issued.isAfter(now.plus(settings.signIn().clockSkew()))
            && (end == null || now.isBefore(end.plus(settings.signIn().clockSkew())));
    if (!fits) {
      throw new SignInException(SignInFault.SAML_TIME, "the sign-out is of " + issued);
    }
    return now.plus(settings.saml().requestAge())
        .plus(settings.signIn().clockSkew().multipliedBy(2));
  }
}

package org.postern.broker.signin.saml;

import java.net.URI;
import java.time.Instant;
import javax.xml.namespace.QName;
import org.opensaml.saml.common.SAMLVersion;
import org.opensaml.saml.common.xml.SAMLConstants;
import org.opensaml.saml.saml2.core.AuthnContextClassRef;
import org.opensaml.saml.saml2.core.AuthnContextComparisonTypeEnumeration;
import org.opensaml.saml.saml2.core.AuthnRequest;
import org.opensaml.saml.saml2.core.Issuer;
import org.opensaml.saml.saml2.core.LogoutRequest;
import org.opensaml.saml.saml2.core.LogoutResponse;
import org.opensaml.saml.saml2.core.NameID;
import org.opensaml.saml.saml2.core.NameIDPolicy;
import org.opensaml.saml.saml2.core.NameIDType;
import org.opensaml.saml.saml2.core.RequestedAuthnContext;
import org.opensaml.saml.saml2.core.SessionIndex;
import org.opensaml.saml.saml2.core.Status;
import org.opensaml.saml.saml2.core.StatusCode;

/** Our own messages to providers. */
final class Requests {
  private Requests() {}

  /**
   * How somebody is to be signed in.
   *
   * @param force asked anew, whatever session they have there
   * @param context AuthnContextClassRef, exactly; empty: any
   */
  record Wanted(boolean force, String context) {}

  /** Asks the provider to sign somebody in. */
  static AuthnRequest authn(
      String id,
      Instant now,
      URI destination,
      ServicePlaces places,
      boolean lasting,
      Wanted wanted) {
    AuthnRequest request = OpenSaml.make(AuthnRequest.class, AuthnRequest.DEFAULT_ELEMENT_NAME);
    request.setID(id);
    request.setVersion(SAMLVersion.VERSION_20);
    request.setIssueInstant(now);
    request.setDestination(destination.toString());
    request.setProtocolBinding(SAMLConstants.SAML2_POST_BINDING_URI);
    request.setAssertionConsumerServiceURL(places.consumers().getFirst().toString());
    request.setIssuer(issuer(places));
    if (wanted.force()) {
      request.setForceAuthn(true);
    }
    if (!wanted.context().isEmpty()) {
      AuthnContextClassRef reference =
          OpenSaml.make(AuthnContextClassRef.class, AuthnContextClassRef.DEFAULT_ELEMENT_NAME);
      reference.setURI(wanted.context());
      RequestedAuthnContext asked =
          OpenSaml.make(RequestedAuthnContext.class, RequestedAuthnContext.DEFAULT_ELEMENT_NAME);
      asked.setComparison(AuthnContextComparisonTypeEnumeration.EXACT);
      asked.getAuthnContextClassRefs().add(reference);
      request.setRequestedAuthnContext(asked);
    }
    NameIDPolicy policy = OpenSaml.make(NameIDPolicy.class, NameIDPolicy.DEFAULT_ELEMENT_NAME);
    policy.setAllowCreate(true);
    if (lasting) {
      policy.setFormat(NameIDType.PERSISTENT);
    }
    request.setNameIDPolicy(policy);
    return request;
  }

  /** Asks the provider to sign somebody out. */
  static LogoutRequest logout(
      String id, Instant now, URI destination, ServicePlaces places, String name, String session) {
    LogoutRequest request = OpenSaml.make(LogoutRequest.class, LogoutRequest.DEFAULT_ELEMENT_NAME);
    request.setID(id);
    request.setVersion(SAMLVersion.VERSION_20);
    request.setIssueInstant(now);
    request.setDestination(destination.toString());
    request.setIssuer(issuer(places));
    NameID nameId = OpenSaml.make(NameID.class, NameID.DEFAULT_ELEMENT_NAME);
    nameId.setValue(name);
    request.setNameID(nameId);
    if (!session.isEmpty()) {
      SessionIndex index = OpenSaml.make(SessionIndex.class, SessionIndex.DEFAULT_ELEMENT_NAME);
      index.setValue(session);
      request.getSessionIndexes().add(index);
    }
    return request;
  }

  /**
   * Tells the provider that somebody is signed out.
   *
   * @param known false: there was no session of that name here, so none was ended
   */
  static LogoutResponse loggedOut(
      String id,
      Instant now,
      URI destination,
      ServicePlaces places,
      String inResponseTo,
      boolean known) {
    LogoutResponse response =
        OpenSaml.make(LogoutResponse.class, LogoutResponse.DEFAULT_ELEMENT_NAME);
    response.setID(id);
    response.setVersion(SAMLVersion.VERSION_20);
    response.setIssueInstant(now);
    response.setDestination(destination.toString());
    response.setInResponseTo(inResponseTo);
    response.setIssuer(issuer(places));
    StatusCode code = OpenSaml.make(StatusCode.class, StatusCode.DEFAULT_ELEMENT_NAME);
    code.setValue(known ? StatusCode.SUCCESS : StatusCode.REQUESTER);
    if (!known) {
      StatusCode why = OpenSaml.make(StatusCode.class, StatusCode.DEFAULT_ELEMENT_NAME);
      why.setValue(StatusCode.UNKNOWN_PRINCIPAL);
      code.setStatusCode(why);
    }
    Status status = OpenSaml.make(Status.class, Status.DEFAULT_ELEMENT_NAME);
    status.setStatusCode(code);
    response.setStatus(status);
    return response;
  }

  private static Issuer issuer(ServicePlaces places) {
    QName name = Issuer.DEFAULT_ELEMENT_NAME;
    Issuer issuer = OpenSaml.make(Issuer.class, name);
    issuer.setValue(places.entityId());
    return issuer;
  }
}

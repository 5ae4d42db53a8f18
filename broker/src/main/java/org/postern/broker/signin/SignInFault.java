package org.postern.broker.signin;

import java.util.Locale;

/**
 * Why a sign-in came to nothing, with a word for a person on what to do. Names are never reused.
 */
public enum SignInFault {
  REQUEST_INVALID(400, "The link is not complete", "Start again with postern login."),
  NO_PROVIDER(503, "No identity provider is set up", "Ask the administrator to configure one."),
  PROVIDER_UNKNOWN(404, "There is no such identity provider", "Start again with postern login."),
  TOO_MANY(503, "Too many people are signing in", "Try again in a minute."),
  PROVIDER_UNREACHABLE(
      502,
      "The identity provider cannot be reached",
      "Try again; if it stays so, tell the administrator."),
  PROVIDER_FORBIDDEN(
      502,
      "The identity provider's address may not be used",
      "The administrator can allow a private address with --allow-private-issuer."),
  PROVIDER_MISCONFIGURED(
      502, "The identity provider's configuration does not fit", "Tell the administrator."),
  PROVIDER_REFUSED(
      403, "The identity provider did not sign you in", "Start again with postern login."),
  STATE_UNKNOWN(
      400,
      "This sign-in is over, or was begun in another browser",
      "Start again with postern login, and finish within ten minutes."),
  UNSOLICITED(
      400,
      "Nobody asked for this sign-in, or it is long over",
      "If a link brought you here, close this page. To sign in, run postern login."),
  CODE_REFUSED(
      403,
      "The identity provider's answer was used before, or is too old",
      "Start again with postern login."),
  RESPONSE_ISSUER(
      400, "The answer came from another identity provider", "Start again with postern login."),
  TOKEN_MISSING(502, "The identity provider sent no ID token", "Tell the administrator."),
  TOKEN_UNREADABLE(502, "The ID token cannot be read", "Tell the administrator."),
  TOKEN_SIGNATURE(
      403, "The ID token is not signed by the identity provider", "Tell the administrator."),
  TOKEN_KEY_UNKNOWN(
      503,
      "The identity provider has a key that is not known here yet",
      "Start again in half a minute; if it stays so, tell the administrator."),
  TOKEN_ISSUER(403, "The ID token is another issuer's", "Tell the administrator."),
  TOKEN_AUDIENCE(403, "The ID token is for another client", "Tell the administrator."),
  TOKEN_NONCE(403, "The ID token belongs to another sign-in", "Start again with postern login."),
  TOKEN_TIME(
      403, "The ID token is expired or from the future", "Check the clocks, then start again."),
  TOKEN_SUBJECT(403, "The ID token names nobody", "Tell the administrator."),
  TOKEN_DUPLICATE(
      403, "The ID token says one thing twice", "Tell the administrator: a claim appears twice."),
  USER_INFO(
      502,
      "The identity provider did not say all that it was asked",
      "Tell the administrator: what its UserInfo endpoint answers cannot be used."),
  USER_INFO_SUBJECT(
      403,
      "The identity provider said something of somebody else",
      "Tell the administrator: UserInfo and the ID token name different people."),
  GROUPS_OVERAGE(
      502,
      "The identity provider did not send all your groups",
      "Tell the administrator: send fewer groups (those assigned to the application), or group"
          + " names by SCIM."),
  CLAIM_TOO_LARGE(
      502,
      "The identity provider said more than fits",
      "Tell the administrator: a group list or an attribute is over its limit."),
  EMAIL_DOMAIN(
      403,
      "Your e-mail address does not belong to this identity provider",
      "Sign in through your own organisation, or ask the administrator to add the domain."),
  EMAIL_UNKNOWN(
      404,
      "No identity provider is set up for this e-mail address",
      "Check the address, or choose a provider by its name."),
  TEST_TICKET(
      403,
      "A test sign-in is begun by an administrator",
      "Run postern admin idp test NAME, and open the address that it prints within ten minutes."),
  NOT_FRESH(
      403,
      "The identity provider did not ask you again",
      "Sign out there, then run postern login --again once more; tell the administrator if it"
          + " stays so."),
  CONTEXT_NOT_MET(
      403,
      "The identity provider did not sign you in as strongly as was asked",
      "Check the value of --step-up; the administrator knows which ones your provider has."),
  NOT_FOR_YOU(
      403,
      "This identity provider does not sign in users",
      "Choose another one, or ask the administrator."),
  NOT_FOR_ADMINISTRATORS(
      403,
      "This identity provider does not sign in administrators",
      "Choose another way to sign in. An owner can switch it on: signIn: [administrators]."),
  NO_ROLE(
      403,
      "You are not an administrator here",
      "Ask an owner: none of your groups or attributes is in the provider's list of"
          + " administrators."),
  SAML_TOO_LARGE(413, "The provider's answer is too large", "Tell the administrator."),
  SAML_UNREADABLE(400, "The provider's answer cannot be read", "Tell the administrator."),
  SAML_SHAPE(
      403,
      "The provider's answer is not built as it must be",
      "Tell the administrator: this can be an attack."),
  SAML_STATUS(403, "The identity provider did not sign you in", "Start again with postern login."),
  SAML_UNSIGNED(403, "The provider's answer is not signed", "Tell the administrator."),
  SAML_ALGORITHM(
      403,
      "The provider's answer is signed or encrypted in a way that is not safe",
      "Tell the administrator: SHA-256 or better is needed."),
  SAML_SIGNATURE(
      403, "The answer is not signed by the identity provider", "Tell the administrator."),
  SAML_ENCRYPTION(
      403, "The provider's answer is not encrypted for this broker", "Tell the administrator."),
  SAML_ISSUER(403, "The answer is another identity provider's", "Tell the administrator."),
  SAML_AUDIENCE(403, "The answer is for another service", "Tell the administrator."),
  SAML_RECIPIENT(403, "The answer was sent to another address", "Tell the administrator."),
  SAML_TIME(403, "The answer is expired or from the future", "Check the clocks, then start again."),
  SAML_REPLAYED(403, "This answer was used before", "Start again with postern login."),
  SAML_REQUEST(403, "The answer belongs to another sign-in", "Start again with postern login."),
  SAML_UNSOLICITED(
      403,
      "Nobody asked for this sign-in",
      "Sign-in begins here: run postern login. The administrator can allow sign-ins that begin at"
          + " the provider."),
  SAML_STALE(
      403,
      "The identity provider did not ask you again",
      "Sign out there, then start again with postern login."),
  SAML_SUBJECT(
      403,
      "The answer does not say lastingly who you are",
      "Tell the administrator: a persistent NameID or a subject attribute is needed."),
  SIGN_OUT_INVALID(400, "This sign-out cannot be used", "Close the browser to be sure."),
  CODE_UNKNOWN(404, "There is no such code", "Check it for a typing error; it lasts ten minutes."),
  SUBJECT_RESERVED(
      403,
      "The identity provider's name for you cannot be used",
      "Tell the administrator: the subject is one that Postern keeps for itself."),
  USER_DISABLED(403, "Your account is switched off", "Ask the administrator.");

  private final int status;
  private final String title;
  private final String advice;

  SignInFault(int status, String title, String advice) {
    this.status = status;
    this.title = title;
    this.advice = advice;
  }

  int status() {
    return status;
  }

  /** One sentence for a person. */
  public String title() {
    return title;
  }

  /** What they can do. */
  public String advice() {
    return advice;
  }

  /** As people see it and search for it. */
  public String code() {
    return "signin-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

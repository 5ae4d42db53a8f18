package org.postern.broker.signin;

import java.util.Locale;

/**
 * Why a sign-in came to nothing, with a word for a person on what to do. Names are never reused.
 */
enum SignInFault {
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
  RESPONSE_ISSUER(
      400, "The answer came from another identity provider", "Start again with postern login."),
  TOKEN_MISSING(502, "The identity provider sent no ID token", "Tell the administrator."),
  TOKEN_UNREADABLE(502, "The ID token cannot be read", "Tell the administrator."),
  TOKEN_SIGNATURE(
      403, "The ID token is not signed by the identity provider", "Tell the administrator."),
  TOKEN_ISSUER(403, "The ID token is another issuer's", "Tell the administrator."),
  TOKEN_AUDIENCE(403, "The ID token is for another client", "Tell the administrator."),
  TOKEN_NONCE(403, "The ID token belongs to another sign-in", "Start again with postern login."),
  TOKEN_TIME(
      403, "The ID token is expired or from the future", "Check the clocks, then start again."),
  TOKEN_SUBJECT(403, "The ID token names nobody", "Tell the administrator."),
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

  String title() {
    return title;
  }

  String advice() {
    return advice;
  }

  /** As people see it and search for it. */
  String code() {
    return "signin-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.OAuth2Error;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.TokenErrorResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.JWTAuthenticationClaimsSet;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.Audience;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.JWTID;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.identity.ServiceKey;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.IdentityProvider.OpenIdConnect;

/**
 * A provider's code, redeemed at its token endpoint, with our proof of who asks. Blocking; safe on
 * any thread.
 */
final class CodeRedemption {
  private static final Duration STATEMENT_AGE = Duration.ofSeconds(60);

  private final OpenIdConnect openId;
  private final OidcProvider.Own own;
  private final URI callback;
  private final Outbound outbound;
  private final InstantSource clock;

  CodeRedemption(OpenIdConnect openId, OidcProvider.Own own, URI callback, OidcSettings settings) {
    this.openId = openId;
    this.own = own;
    this.callback = callback;
    this.outbound = settings.outbound();
    this.clock = settings.clock();
  }

  private Outbound.Answer askForTokens(OIDCProviderMetadata metadata, String code, String verifier)
      throws SignInException {
    AuthorizationCodeGrant grant =
        new AuthorizationCodeGrant(
            new AuthorizationCode(code), callback, new CodeVerifier(verifier));
    HTTPRequest request = tokenRequest(metadata, grant).toHTTPRequest();
    Map<String, String> headers = new HashMap<>();
    headers.put("Accept", "application/json");
    headers.put("Content-Type", "application/x-www-form-urlencoded");
    Optional.ofNullable(request.getAuthorization())
        .ifPresent(value -> headers.put("Authorization", value));
    return outbound.send(
        new Outbound.Request(
            "POST",
            metadata.getTokenEndpointURI(),
            headers,
            Optional.ofNullable(request.getBody()).orElse(""),
            own.privateAllowed()));
  }

  private static HTTPResponse response(Outbound.Answer answer) throws ParseException {
    HTTPResponse response = new HTTPResponse(answer.status());
    response.setHeader("Content-Type", answer.contentType());
    response.setBody(answer.body());
    return response;
  }

  /** The tokens that the provider gives for its code. */
  OIDCTokenResponse redeem(OIDCProviderMetadata metadata, String code, String verifier)
      throws SignInException {
    Outbound.Answer answer = askForTokens(metadata, code, verifier);
    try {
      TokenResponse parsed = OIDCTokenResponseParser.parse(response(answer));
      if (parsed instanceof TokenErrorResponse error) {
        String why = String.valueOf(error.getErrorObject().getCode());
        throw new SignInException(
            why.equals(OAuth2Error.INVALID_GRANT_CODE)
                ? SignInFault.CODE_REFUSED
                : SignInFault.PROVIDER_REFUSED,
            "token endpoint: " + why);
      }
      return (OIDCTokenResponse) parsed.toSuccessResponse();
    } catch (ParseException e) {
      throw new SignInException(SignInFault.TOKEN_MISSING, "token endpoint: " + e.getMessage(), e);
    }
  }

  private TokenRequest tokenRequest(OIDCProviderMetadata metadata, AuthorizationCodeGrant grant)
      throws SignInException {
    URI endpoint = metadata.getTokenEndpointURI();
    ClientID client = new ClientID(openId.clientId());
    if (openId.secret() instanceof ClientSecret.OwnKey) {
      return new TokenRequest.Builder(endpoint, statement(client), grant).build();
    }
    Optional<String> value = own.secret().read();
    if (value.isEmpty()) {
      return new TokenRequest.Builder(endpoint, client, grant).build();
    }
    Secret shared = new Secret(value.get());
    List<ClientAuthenticationMethod> methods = metadata.getTokenEndpointAuthMethods();
    boolean post =
        methods != null
            && !methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
            && methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_POST);
    return new TokenRequest.Builder(
            endpoint,
            post ? new ClientSecretPost(client, shared) : new ClientSecretBasic(client, shared),
            grant)
        .build();
  }

  /** We prove ourselves by our own key (RFC 7523); the audience is the issuer and nothing else. */
  private PrivateKeyJWT statement(ClientID client) throws SignInException {
    Instant now = clock.instant();
    ServiceKey key = own.keys().keys().active();
    JWTAuthenticationClaimsSet claims =
        new JWTAuthenticationClaimsSet(
            client,
            new Audience(openId.issuer()).toSingleAudienceList(),
            Date.from(now.plus(STATEMENT_AGE)),
            null,
            Date.from(now),
            new JWTID());
    try {
      return new PrivateKeyJWT(
          claims, JWSAlgorithm.RS256, key.privateKey(), key.fingerprint(), null);
    } catch (JOSEException e) {
      throw new SignInException(
          SignInFault.PROVIDER_MISCONFIGURED, "our own key cannot sign: " + e.getMessage(), e);
    }
  }

  /** As {@link #redeem} asks, with a code that nobody gave out; the answer's error. */
  String errorFor(OIDCProviderMetadata metadata, String code, String verifier)
      throws SignInException {
    Outbound.Answer answer = askForTokens(metadata, code, verifier);
    try {
      String error = TokenErrorResponse.parse(response(answer)).getErrorObject().getCode();
      return error == null ? "status " + answer.status() : error;
    } catch (ParseException e) {
      return "status " + answer.status();
    }
  }
}

package org.postern.broker.signin;

import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenErrorResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.IdentityProvider;

/**
 * One OpenID Connect provider, as its client: sends browsers there, redeems codes, judges tokens.
 * Blocking; safe on any thread.
 */
final class OidcProvider {
  /** The client's secret, read anew at each use. */
  interface SecretSource {
    Optional<String> read();
  }

  /** What discovery said, and what follows from it. */
  private record Discovered(OIDCProviderMetadata metadata, IdTokenCheck tokens, Instant readAt) {}

  private final IdentityProvider provider;
  private final SecretSource secret;
  private final boolean privateAllowed;
  private final Outbound outbound;
  private final SignInLimits limits;
  private final InstantSource clock;
  private @Nullable Discovered discovered;

  OidcProvider(
      IdentityProvider provider,
      SecretSource secret,
      boolean privateAllowed,
      Outbound outbound,
      SignInLimits limits,
      InstantSource clock) {
    this.provider = provider;
    this.secret = secret;
    this.privateAllowed = privateAllowed;
    this.outbound = outbound;
    this.limits = limits;
    this.clock = clock;
  }

  IdentityProvider provider() {
    return provider;
  }

  /** Where the browser goes: code flow with state, nonce and a proof key (S256). */
  URI authorization(URI callback, String state, String nonce, String verifier)
      throws SignInException {
    OIDCProviderMetadata metadata = discover().metadata();
    return new AuthenticationRequest.Builder(
            ResponseType.CODE,
            new Scope("openid", "email", "profile"),
            new ClientID(provider.clientId()),
            callback)
        .endpointURI(metadata.getAuthorizationEndpointURI())
        .state(new State(state))
        .nonce(new Nonce(nonce))
        .codeChallenge(new CodeVerifier(verifier), CodeChallengeMethod.S256)
        .build()
        .toURI();
  }

  /**
   * Checks who sent the browser back (RFC 9207).
   *
   * @param issuer the {@code iss} parameter, null when there was none
   */
  void checkResponseIssuer(@Nullable String issuer) throws SignInException {
    boolean announced = discover().metadata().supportsAuthorizationResponseIssuerParam();
    if (issuer == null ? announced : !issuer.equals(provider.issuer())) {
      throw new SignInException(
          SignInFault.RESPONSE_ISSUER,
          "iss parameter is %s (expected: %s)".formatted(issuer, provider.issuer()));
    }
  }

  /** Redeems the provider's code and judges the token that comes for it. */
  Claims redeem(String code, URI callback, String nonce, String verifier) throws SignInException {
    Discovered now = discover();
    OIDCTokenResponse tokens = tokens(now.metadata(), code, callback, verifier);
    String idToken = tokens.getOIDCTokens().getIDTokenString();
    if (idToken == null) {
      throw new SignInException(SignInFault.TOKEN_MISSING, "token response without id_token");
    }
    return now.tokens().check(idToken, nonce);
  }

  private OIDCTokenResponse tokens(
      OIDCProviderMetadata metadata, String code, URI callback, String verifier)
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
    Outbound.Answer answer =
        outbound.send(
            new Outbound.Request(
                "POST",
                metadata.getTokenEndpointURI(),
                headers,
                Optional.ofNullable(request.getBody()).orElse(""),
                privateAllowed));
    try {
      HTTPResponse response = new HTTPResponse(answer.status());
      response.setHeader("Content-Type", answer.contentType());
      response.setBody(answer.body());
      TokenResponse parsed = OIDCTokenResponseParser.parse(response);
      if (parsed instanceof TokenErrorResponse error) {
        throw new SignInException(
            SignInFault.PROVIDER_REFUSED, "token endpoint: " + error.getErrorObject().getCode());
      }
      return (OIDCTokenResponse) parsed.toSuccessResponse();
    } catch (ParseException e) {
      throw new SignInException(SignInFault.TOKEN_MISSING, "token endpoint: " + e.getMessage(), e);
    }
  }

  private TokenRequest tokenRequest(OIDCProviderMetadata metadata, AuthorizationCodeGrant grant) {
    URI endpoint = metadata.getTokenEndpointURI();
    ClientID client = new ClientID(provider.clientId());
    Optional<String> value = secret.read();
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

  private synchronized Discovered discover() throws SignInException {
    Discovered known = discovered;
    Instant now = clock.instant();
    if (known != null && now.isBefore(known.readAt().plus(limits.metadataAge()))) {
      return known;
    }
    OIDCProviderMetadata metadata = readMetadata();
    IdTokenCheck tokens =
        known != null && known.metadata().getJWKSetURI().equals(metadata.getJWKSetURI())
            ? known.tokens()
            : new IdTokenCheck(
                provider,
                new ProviderKeys(outbound, metadata.getJWKSetURI(), privateAllowed, limits, clock),
                limits,
                clock);
    Discovered fresh = new Discovered(metadata, tokens, now);
    discovered = fresh;
    return fresh;
  }

  private OIDCProviderMetadata readMetadata() throws SignInException {
    String issuer = provider.issuer();
    URI address =
        URI.create(
            (issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer)
                + "/.well-known/openid-configuration");
    Outbound.Answer answer = outbound.send(Outbound.Request.get(address, privateAllowed));
    if (answer.status() != 200) {
      throw new SignInException(
          SignInFault.PROVIDER_MISCONFIGURED, "discovery: status " + answer.status());
    }
    try {
      OIDCProviderMetadata metadata = OIDCProviderMetadata.parse(answer.body());
      if (!metadata.getIssuer().getValue().equals(issuer)) {
        throw new SignInException(
            SignInFault.PROVIDER_MISCONFIGURED,
            "discovery names issuer %s (expected: %s)".formatted(metadata.getIssuer(), issuer));
      }
      if (metadata.getAuthorizationEndpointURI() == null
          || metadata.getTokenEndpointURI() == null
          || metadata.getJWKSetURI() == null) {
        throw new SignInException(
            SignInFault.PROVIDER_MISCONFIGURED, "discovery lacks an endpoint or the keys");
      }
      checkBrowserAddress(metadata.getAuthorizationEndpointURI());
      return metadata;
    } catch (ParseException e) {
      throw new SignInException(
          SignInFault.PROVIDER_MISCONFIGURED, "discovery cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * The browser is sent there by us: it must be a web address, and encrypted on the open Internet.
   */
  private void checkBrowserAddress(URI address) throws SignInException {
    boolean plain = "http".equals(address.getScheme()) && privateAllowed;
    if (!"https".equals(address.getScheme()) && !plain) {
      throw new SignInException(
          SignInFault.PROVIDER_MISCONFIGURED, "authorization endpoint is not an https address");
    }
  }
}

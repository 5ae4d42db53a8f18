package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.OAuth2Error;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
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
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.Prompt;
import com.nimbusds.openid.connect.sdk.claims.ACR;
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
import org.jspecify.annotations.Nullable;
import org.postern.broker.signin.Asserted;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ProviderClient;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.postern.identity.ServiceKey;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.OpenIdConnect;

/**
 * One OpenID Connect provider, as its client: sends browsers there, redeems codes, judges tokens.
 * Blocking; safe on any thread.
 */
final class OidcProvider implements ProviderClient {
  /** The client's secret, read anew at each use. */
  interface SecretSource {
    Optional<String> read();
  }

  /**
   * With what a client proves itself and where people come back to.
   *
   * @param privateAllowed the operator has said that this issuer may live at a private address
   */
  record Own(SecretSource secret, ServiceKeyRing keys, boolean privateAllowed, URI publicUrl) {}

  /** What discovery said, and what follows from it. */
  private record Discovered(
      OIDCProviderMetadata metadata, ProviderKeys keys, IdTokenCheck tokens) {}

  private static final Duration STATEMENT_AGE = Duration.ofSeconds(60);

  private final IdentityProvider provider;
  private final OpenIdConnect openId;
  private final Own own;
  private final Outbound outbound;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final LastKnownGood<Discovered> published;
  private volatile @Nullable Discovered readLast;

  OidcProvider(IdentityProvider provider, OpenIdConnect openId, Own own, OidcSettings settings) {
    this.provider = provider;
    this.openId = openId;
    this.own = own;
    this.outbound = settings.outbound();
    this.limits = settings.limits();
    this.clock = settings.clock();
    this.published =
        new LastKnownGood<>("endpoints of " + openId.issuer(), this::read, limits, clock);
  }

  @Override
  public IdentityProvider provider() {
    return provider;
  }

  URI callback() {
    return own.publicUrl().resolve(OidcDoor.CALLBACK);
  }

  /** Code flow with state, nonce and a proof key (S256). */
  @Override
  public Departure depart(Attempt attempt) throws SignInException {
    OIDCProviderMetadata metadata = discover().metadata();
    AuthenticationRequest.Builder request =
        new AuthenticationRequest.Builder(
                ResponseType.CODE, scope(), new ClientID(openId.clientId()), callback())
            .endpointURI(metadata.getAuthorizationEndpointURI())
            .state(new State(attempt.state()))
            .nonce(new Nonce(attempt.nonce()))
            .codeChallenge(new CodeVerifier(attempt.verifier()), CodeChallengeMethod.S256);
    if (!attempt.hint().isEmpty()) {
      request.loginHint(attempt.hint());
    }
    Instant since = attempt.demand().since();
    if (since != null) {
      long age = Math.max(0, Duration.between(since, clock.instant()).toSeconds());
      request.maxAge((int) age);
      if (age == 0) {
        request.prompt(new Prompt(Prompt.Type.LOGIN));
      }
    }
    if (!attempt.demand().context().isEmpty()) {
      request.acrValues(List.of(new ACR(attempt.demand().context())));
    }
    return new Departure.Redirect(request.build().toURI());
  }

  private Scope scope() {
    Scope scope = new Scope("openid");
    List<String> more = openId.scopes();
    (more.isEmpty() ? OpenIdConnect.SCOPES_DEFAULT : more).forEach(scope::add);
    return scope;
  }

  @Override
  public Optional<Departure> signOut(SignOut signOut) throws SignInException {
    URI endpoint = discover().metadata().getEndSessionEndpointURI();
    if (endpoint == null) {
      return Optional.empty();
    }
    checkBrowserAddress(endpoint);
    LogoutRequest request =
        new LogoutRequest(
            endpoint,
            null,
            null,
            new ClientID(openId.clientId()),
            own.publicUrl().resolve(OidcDoor.SIGNED_OUT),
            new State(signOut.state()),
            null);
    return Optional.of(new Departure.Redirect(request.toURI()));
  }

  @Override
  public List<Finding> examine() {
    return new OidcExamination(this).run();
  }

  /**
   * Checks who sent the browser back (RFC 9207).
   *
   * @param issuer the {@code iss} parameter, null when there was none
   */
  void checkResponseIssuer(@Nullable String issuer) throws SignInException {
    boolean announced = discover().metadata().supportsAuthorizationResponseIssuerParam();
    if (issuer == null ? announced : !issuer.equals(openId.issuer())) {
      throw new SignInException(
          SignInFault.RESPONSE_ISSUER,
          "iss parameter is %s (expected: %s)".formatted(issuer, openId.issuer()));
    }
  }

  /** Redeems the provider's code and judges the token that comes for it. */
  Asserted redeem(String code, String nonce, String verifier) throws SignInException {
    Discovered now = discover();
    OIDCTokenResponse tokens = tokens(now.metadata(), code, verifier);
    String idToken = tokens.getOIDCTokens().getIDTokenString();
    if (idToken == null) {
      throw new SignInException(SignInFault.TOKEN_MISSING, "token response without id_token");
    }
    return now.tokens().check(idToken, nonce);
  }

  /** The provider's word that a session is over. */
  IdTokenCheck.LogoutToken logout(String token) throws SignInException {
    return discover().tokens().checkLogout(token);
  }

  private OIDCTokenResponse tokens(OIDCProviderMetadata metadata, String code, String verifier)
      throws SignInException {
    AuthorizationCodeGrant grant =
        new AuthorizationCodeGrant(
            new AuthorizationCode(code), callback(), new CodeVerifier(verifier));
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
                own.privateAllowed()));
    try {
      HTTPResponse response = new HTTPResponse(answer.status());
      response.setHeader("Content-Type", answer.contentType());
      response.setBody(answer.body());
      TokenResponse parsed = OIDCTokenResponseParser.parse(response);
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

  private Discovered discover() throws SignInException {
    return published.current();
  }

  /** One thread at a time. The keys stay with their address: they are read in their own time. */
  private Discovered read() throws SignInException {
    Discovered known = readLast;
    OIDCProviderMetadata metadata = readMetadata();
    ProviderKeys keys =
        known != null && known.metadata().getJWKSetURI().equals(metadata.getJWKSetURI())
            ? known.keys()
            : new ProviderKeys(
                outbound, metadata.getJWKSetURI(), own.privateAllowed(), limits, clock);
    IdTokenCheck tokens = new IdTokenCheck(provider, openId, keys, limits, clock);
    Discovered fresh = new Discovered(metadata, keys, tokens);
    readLast = fresh;
    return fresh;
  }

  OIDCProviderMetadata readMetadata() throws SignInException {
    String issuer = openId.issuer();
    URI address =
        URI.create(
            (issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer)
                + "/.well-known/openid-configuration");
    Outbound.Answer answer = outbound.send(Outbound.Request.get(address, own.privateAllowed()));
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

  OpenIdConnect openId() {
    return openId;
  }

  Own own() {
    return own;
  }

  OidcSettings settings() {
    return new OidcSettings(outbound, limits, clock);
  }

  /**
   * The browser is sent there by us: it must be a web address, and encrypted on the open Internet.
   */
  private void checkBrowserAddress(URI address) throws SignInException {
    boolean plain = "http".equals(address.getScheme()) && own.privateAllowed();
    if (!"https".equals(address.getScheme()) && !plain) {
      throw new SignInException(
          SignInFault.PROVIDER_MISCONFIGURED, "authorization endpoint is not an https address");
    }
  }
}

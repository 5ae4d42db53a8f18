package org.postern.broker.signin.oidc;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.Prompt;
import com.nimbusds.openid.connect.sdk.claims.ACR;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
  record Own(
      SecretSource secret,
      ServiceKeyRing keys,
      boolean privateAllowed,
      URI publicUrl,
      SignOutHints hints) {}

  /** What discovery said, and what follows from it. */
  private record Discovered(
      OIDCProviderMetadata metadata, ProviderKeys keys, IdTokenCheck tokens, UserInfo userInfo) {}

  private final IdentityProvider provider;
  private final OpenIdConnect openId;
  private final Own own;
  private final Outbound outbound;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final CodeRedemption redemption;
  private final LastKnownGood<Discovered> published;
  private volatile @Nullable Discovered readLast;

  OidcProvider(IdentityProvider provider, OpenIdConnect openId, Own own, OidcSettings settings) {
    this.provider = provider;
    this.openId = openId;
    this.own = own;
    this.outbound = settings.outbound();
    this.limits = settings.limits();
    this.clock = settings.clock();
    this.redemption =
        new CodeRedemption(openId, own, own.publicUrl().resolve(OidcDoor.CALLBACK), settings);
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
    return departTo(discover().metadata(), attempt);
  }

  Departure departTo(OIDCProviderMetadata metadata, Attempt attempt) {
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
    Optional<String> idToken = own.hints().open(signOut.hint());
    if (idToken.isPresent()) {
      // By a form: an ID token says who somebody is, and addresses are seen by others.
      return Optional.of(
          new Departure.Form(
              endpoint,
              Map.of(
                  "id_token_hint", idToken.get(),
                  "client_id", openId.clientId(),
                  "post_logout_redirect_uri",
                      own.publicUrl().resolve(OidcDoor.SIGNED_OUT).toString(),
                  "state", signOut.state())));
    }
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
    OIDCTokenResponse tokens = redemption.redeem(now.metadata(), code, verifier);
    String idToken = tokens.getOIDCTokens().getIDTokenString();
    if (idToken == null) {
      throw new SignInException(SignInFault.TOKEN_MISSING, "token response without id_token");
    }
    JWTClaimsSet claims = now.tokens().claims(idToken, nonce);
    URI userInfo = now.metadata().getUserInfoEndpointURI();
    String accessToken =
        Optional.ofNullable(tokens.getOIDCTokens().getBearerAccessToken())
            .map(BearerAccessToken::getValue)
            .orElse(null);
    if (openId.userInfo() || (lacksAddress(claims) && userInfo != null && accessToken != null)) {
      claims = now.userInfo().complete(claims, userInfo, accessToken);
    }
    Asserted asserted = now.tokens().person(claims);
    return new Asserted(
        asserted.person(),
        asserted.authentication().withSignOutHint(own.hints().seal(idToken)),
        asserted.said());
  }

  /**
   * Whether an address was asked for and the ID token says none: with a code, a provider may give
   * the claims of a scope at its UserInfo endpoint alone (OpenID Connect Core 1.0 section 5.4).
   */
  private boolean lacksAddress(JWTClaimsSet claims) {
    return claims.getClaim("email") == null && scope().contains("email");
  }

  /** The provider's word that a session is over. */
  IdTokenCheck.LogoutToken logout(String token) throws SignInException {
    return discover().tokens().checkLogout(token);
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
    UserInfo userInfo = new UserInfo(outbound, own.privateAllowed(), openId, keys);
    Discovered fresh = new Discovered(metadata, keys, tokens, userInfo);
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
              SignInFault.PROVIDER_MISCONFIGURED,
              "discovery: status %d at %s".formatted(answer.status(), address))
          .advising("Copy the issuer anew from the provider's OpenID Connect settings.");
    }
    OIDCProviderMetadata metadata = DiscoveryCheck.read(answer.body(), issuer);
    checkBrowserAddress(metadata.getAuthorizationEndpointURI());
    return metadata;
  }

  CodeRedemption redemption() {
    return redemption;
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

package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.broker.signin.FormBody;
import org.postern.broker.signin.Pages;
import org.postern.broker.signin.Providers;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.SignIn;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.jdbc.OnceOnly;
import org.postern.policystore.jdbc.Sessions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where OpenID Connect providers and their browsers arrive: the return from a sign-in, our own
 * public keys, and sign-outs by the front and the back channel. Blocking; safe on any thread.
 */
public final class OidcDoor {
  private static final Logger LOG = LoggerFactory.getLogger(OidcDoor.class);
  static final String CALLBACK = "/signin/callback";
  static final String KEYS = "/signin/oidc/keys";
  static final String SIGNED_OUT = "/signin/signed-out";
  private static final int PARAMETER_MAX = 4_096;

  private final SignIn signIn;
  private final Providers providers;
  private final ServiceKeyRing keys;
  private final Sessions sessions;
  private final OnceOnly once;

  /** Over what it needs. */
  public OidcDoor(
      SignIn signIn, Providers providers, ServiceKeyRing keys, Sessions sessions, OnceOnly once) {
    this.signIn = signIn;
    this.providers = providers;
    this.keys = keys;
    this.sessions = sessions;
    this.once = once;
  }

  /** Its routes. */
  public List<Route> routes(int bodyBytesMax, Route.Gate rate) {
    return List.of(
        Route.get(CALLBACK, rate, (head, body) -> SignIn.page(() -> comeBack(head))),
        Route.get(KEYS, rate, (head, body) -> publicKeys()),
        Route.get(SIGNED_OUT, Route.Gate.OPEN, (head, body) -> Pages.signedOut()),
        Route.get(
            "/signin/oidc/:name/logout",
            rate,
            (head, body) -> SignIn.page(() -> frontLogout(head))),
        Route.post(
            "/signin/oidc/:name/logout",
            bodyBytesMax,
            rate,
            (head, body) -> backLogout(head, body)));
  }

  private Reply comeBack(Head head) throws SignInException {
    String state = head.parameter("state").orElse("");
    return signIn.arrive(
        head,
        state,
        "",
        returning -> {
          OidcProvider client = providers.of(returning.provider(), OidcProvider.class);
          client.checkResponseIssuer(head.parameter("iss").orElse(null));
          Optional<String> error = head.parameter("error");
          String code = head.parameter("code").orElse("");
          if (error.isPresent() || code.isEmpty() || code.length() > PARAMETER_MAX) {
            throw new SignInException(
                SignInFault.PROVIDER_REFUSED,
                "provider answered " + error.map(SignIn::printable).orElse("without a code"));
          }
          return client.redeem(code, returning.nonce(), returning.codeVerifier());
        });
  }

  private Reply publicKeys() {
    List<JWK> published =
        keys.keys()
            .announced()
            .<JWK>map(key ->
                new RSAKey.Builder((RSAPublicKey) key.publicKey())
                    .keyID(key.fingerprint())
                    .keyUse(KeyUse.SIGNATURE)
                    .algorithm(JWSAlgorithm.RS256)
                    .build())
            .toList();
    return Reply.json(200, new JWKSet(published).toJSONObject());
  }

  /** OpenID Connect Front-Channel Logout 1.0: who knows the session's name may end it. */
  private Reply frontLogout(Head head) throws SignInException {
    OidcProvider client = client(head);
    String session = head.parameter("sid").orElse("");
    boolean ours =
        head.parameter("iss").filter(iss -> iss.equals(client.openId().issuer())).isPresent();
    if (session.isEmpty() || session.length() > PARAMETER_MAX || !ours) {
      throw new SignInException(SignInFault.SIGN_OUT_INVALID, "sid or iss is missing or wrong");
    }
    end(client.provider().name(), "", session);
    return Pages.signedOut();
  }

  private Reply backLogout(Head head, byte[] body) {
    try {
      OidcProvider client = client(head);
      String name = client.provider().name();
      String token =
          FormBody.parse(body)
              .field("logout_token")
              .orElseThrow(
                  () -> new SignInException(SignInFault.SIGN_OUT_INVALID, "no logout_token"));
      IdTokenCheck.LogoutToken said = client.logout(token);
      if (!once.take("logout " + name, said.id(), said.expires().plusSeconds(120))) {
        throw new SignInException(SignInFault.SIGN_OUT_INVALID, "logout_token was used before");
      }
      end(name, said.subject(), said.session());
      return Reply.json(200, java.util.Map.of());
    } catch (SignInException e) {
      LOG.info("sign-out refused: {}: {}", e.fault().code(), e.getMessage());
      boolean passing =
          e.fault() == SignInFault.TOKEN_KEY_UNKNOWN
              || e.fault() == SignInFault.PROVIDER_UNREACHABLE;
      return Reply.problem(
          passing ? 503 : 400, e.fault().code(), e.fault().title(), e.fault().advice());
    }
  }

  private OidcProvider client(Head head) throws SignInException {
    return providers.of(head.pathParameter("name").orElse(""), OidcProvider.class);
  }

  private void end(String provider, String subject, String session) {
    int ended = sessions.revokeOf(provider, subject, session, "signed out at " + provider);
    LOG.info("{} sessions ended by a sign-out at {}", ended, provider);
  }
}

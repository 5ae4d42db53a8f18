package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.IdentityProvider;

/** A provider's ID tokens, and who judges them; clock, keys and network are the test's. */
abstract class IdTokenBed {
  static final String ISSUER = "https://idp.example";
  static final String CLIENT = "postern";
  static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  static RSAKey own;
  static RSAKey rotated;
  static ECKey elliptic;
  static RSAKey stranger;

  final List<URI> fetched = new ArrayList<>();
  Instant now = NOW;
  JWKSet published = new JWKSet();
  boolean keysReachable = true;
  IdTokenCheck check = check("groups");

  @BeforeAll
  static void makeKeys() throws JOSEException {
    own = new RSAKeyGenerator(2048).keyID("own").generate();
    rotated = new RSAKeyGenerator(2048).keyID("rotated").generate();
    elliptic = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
    stranger = new RSAKeyGenerator(2048).keyID("own").generate();
  }

  @BeforeEach
  void publish() {
    published = new JWKSet(List.of(own.toPublicJWK(), elliptic.toPublicJWK()));
  }

  IdTokenCheck check(String groupsClaim) {
    IdentityProvider provider =
        new IdentityProvider(
            "corp",
            ISSUER,
            CLIENT,
            new ClientSecret.None(),
            groupsClaim,
            List.of("example.com"),
            false);
    Outbound outbound =
        request -> {
          fetched.add(request.uri());
          if (!keysReachable) {
            throw new SignInException(SignInFault.PROVIDER_UNREACHABLE, "off");
          }
          return new Outbound.Answer(200, "application/json", "", published.toString());
        };
    ProviderKeys keys =
        new ProviderKeys(
            outbound, URI.create(ISSUER + "/keys"), false, SignInLimits.DEFAULT, () -> now);
    return new IdTokenCheck(
        provider,
        (IdentityProvider.OpenIdConnect) provider.protocol(),
        keys,
        SignInLimits.DEFAULT,
        () -> now);
  }

  static JWTClaimsSet.Builder honest() {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience(CLIENT)
        .subject("alice")
        .claim("nonce", "n-1")
        .claim("email", "alice@example.com")
        .claim("email_verified", true)
        .claim("name", "Alice")
        .claim("groups", List.of("staff", "dev"))
        .issueTime(Date.from(NOW))
        .expirationTime(Date.from(NOW.plusSeconds(300)));
  }

  static String signed(JWSHeader header, JWSSigner signer, JWTClaimsSet claims)
      throws JOSEException {
    SignedJWT jwt = new SignedJWT(header, claims);
    jwt.sign(signer);
    return jwt.serialize();
  }

  static String token(UnaryOperator<JWTClaimsSet.Builder> change) throws JOSEException {
    return signed(
        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("own").build(),
        new RSASSASigner(own),
        change.apply(honest()).build());
  }

  void refused(String token, SignInFault fault) {
    assertThatThrownBy(() -> check.check(token, "n-1"))
        .isInstanceOfSatisfying(SignInException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }
}

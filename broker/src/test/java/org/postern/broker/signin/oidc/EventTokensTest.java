package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;

/** Security events around a change of the transmitter's keys. */
final class EventTokensTest {
  private static final SignInLimits LIMITS = SignInLimits.DEFAULT;
  private static final EventTokens.Transmitter TRANSMITTER =
      new EventTokens.Transmitter(
          "https://idp.example", "https://us.example", "https://idp.example/keys", false);

  private Instant now = Instant.parse("2026-11-28T12:00:00Z");
  private final ECKey first = key("first");
  private final ECKey second = key("second");
  private JWKSet published = new JWKSet(first.toPublicJWK());
  private boolean reachable = true;
  private int fetched;
  private final EventTokens tokens =
      new EventTokens(
          request -> {
            fetched++;
            if (!reachable) {
              throw new SignInException(SignInFault.PROVIDER_UNREACHABLE, "off");
            }
            return new Outbound.Answer(200, "application/json", "", published.toString());
          },
          LIMITS,
          Duration.ofDays(7),
          () -> now);

  private static ECKey key(String name) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(name).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private String token(ECKey key) throws JOSEException {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .keyID(key.getKeyID())
                .type(new JOSEObjectType("secevent+jwt"))
                .build(),
            new JWTClaimsSet.Builder()
                .issuer(TRANSMITTER.issuer())
                .audience(TRANSMITTER.audience())
                .jwtID("jti-1")
                .issueTime(Date.from(now))
                .claim("events", Map.of("urn:event", Map.of()))
                .build());
    token.sign(new ECDSASigner(key));
    return token.serialize();
  }

  private void refused(ECKey key, SignInFault fault) {
    assertThatThrownBy(() -> tokens.check(TRANSMITTER, token(key)))
        .isInstanceOfSatisfying(SignInException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }

  @Test
  void tokenByAKeyThatIsNewSinceAMomentIsBelieved() throws Exception {
    tokens.check(TRANSMITTER, token(first));
    published = new JWKSet(second.toPublicJWK());
    assertThat(tokens.check(TRANSMITTER, token(second)).jti()).isEqualTo("jti-1");
    refused(first, SignInFault.TOKEN_SIGNATURE);
  }

  @Test
  void tokenThatComesBeforeItsKeyIsPublishedIsToBeSentAgain() throws Exception {
    tokens.check(TRANSMITTER, token(first));
    for (int i = 0; i < LIMITS.refetchBurst(); i++) {
      refused(second, SignInFault.TOKEN_SIGNATURE);
    }
    published = new JWKSet(second.toPublicJWK());
    refused(second, SignInFault.TOKEN_KEY_UNKNOWN);
    assertThat(fetched).isEqualTo(1 + LIMITS.refetchBurst());
    now = now.plus(LIMITS.refetchPause());
    assertThat(tokens.check(TRANSMITTER, token(second)).jti()).isEqualTo("jti-1");
  }

  @Test
  void outageOfTheKeysIsNotTakenForAForgery() throws Exception {
    tokens.check(TRANSMITTER, token(first));
    reachable = false;
    refused(second, SignInFault.PROVIDER_UNREACHABLE);
    tokens.check(TRANSMITTER, token(first));
    reachable = true;
    published = new JWKSet(second.toPublicJWK());
    now = now.plus(LIMITS.refetchPause());
    tokens.check(TRANSMITTER, token(second));
  }
}

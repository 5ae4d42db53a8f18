package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;

/** Tokens around a change of the provider's keys. */
final class IdTokenKeysTest extends IdTokenBed {
  @Test
  void rotatedKeyIsFoundByReadingTheKeysOnceMore() throws Exception {
    check.check(token(each -> each), "n-1");
    published = new JWKSet(rotated.toPublicJWK());
    assertThat(check.check(byRotated("rotated"), "n-1").person().subject()).isEqualTo("alice");
    assertThat(fetched).hasSize(2);
  }

  private static String byRotated(@Nullable String name) throws JOSEException {
    return signed(
        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(name).build(),
        new RSASSASigner(rotated),
        honest().build());
  }

  @Test
  void rotatedKeyIsFoundThatHasNoName() throws Exception {
    RSAKey nameless = new RSAKey.Builder(own.toRSAPublicKey()).build();
    published = new JWKSet(nameless);
    check.check(
        signed(new JWSHeader(JWSAlgorithm.RS256), new RSASSASigner(own), honest().build()), "n-1");
    refused(byRotated(null), SignInFault.TOKEN_SIGNATURE);
    published = new JWKSet(new RSAKey.Builder(rotated.toRSAPublicKey()).build());
    assertThat(check.check(byRotated(null), "n-1").person().subject()).isEqualTo("alice");
  }

  @Test
  void signOutsOfStrangersDoNotUseUpTheReadingsOfSignIns() throws Exception {
    check.check(token(each -> each), "n-1");
    for (int i = 0; i < 20; i++) {
      String invented = byRotated("invented-" + i);
      assertThatThrownBy(() -> check.checkLogout(invented)).isInstanceOf(SignInException.class);
    }
    assertThat(fetched).hasSize(1 + SignInLimits.DEFAULT.refetchBurst());
    published = new JWKSet(rotated.toPublicJWK());
    check.check(byRotated("rotated"), "n-1");
  }

  @Test
  void signOutByARotatedKeyIsBelieved() throws Exception {
    check.check(token(each -> each), "n-1");
    published = new JWKSet(rotated.toPublicJWK());
    String token =
        signed(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("rotated").build(),
            new RSASSASigner(rotated),
            honest()
                .claim("nonce", null)
                .jwtID("out-1")
                .claim(
                    "events",
                    Map.of("http://schemas.openid.net/event/backchannel-logout", Map.of()))
                .build());
    assertThat(check.checkLogout(token).subject()).isEqualTo("alice");
  }

  @Test
  void inventedKeyNamesDoNotMakeUsAskTheProviderAgainAndAgain() throws Exception {
    check.check(token(each -> each), "n-1");
    for (int i = 0; i < 100; i++) {
      String token =
          signed(
              new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("invented-" + i).build(),
              new RSASSASigner(stranger),
              honest().build());
      refused(
          token,
          i < SignInLimits.DEFAULT.refetchBurst()
              ? SignInFault.TOKEN_SIGNATURE
              : SignInFault.TOKEN_KEY_UNKNOWN);
      now = now.plus(Duration.ofMillis(10));
    }
    assertThat(fetched).hasSize(1 + SignInLimits.DEFAULT.refetchBurst());
  }

  @Test
  void providerWithoutKeysIsUnreachableNotTrusted() throws Exception {
    keysReachable = false;
    refused(token(each -> each), SignInFault.PROVIDER_UNREACHABLE);
  }
}

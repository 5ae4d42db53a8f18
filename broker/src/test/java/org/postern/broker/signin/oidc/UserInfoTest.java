package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.IdentityProvider.OpenIdConnect;

/** What a UserInfo answer may add, and what it may not. */
final class UserInfoTest {
  private static final String ISSUER = "https://idp.example";
  private static final URI ENDPOINT = URI.create(ISSUER + "/userinfo");
  private static final JWTClaimsSet ID_TOKEN =
      new JWTClaimsSet.Builder()
          .issuer(ISSUER)
          .audience("postern")
          .subject("alice")
          .claim("name", "Alice")
          .build();

  private final ECKey key = key("own");
  private final List<Outbound.Request> asked = new ArrayList<>();
  private int status = 200;
  private String type = "application/json; charset=utf-8";
  private String body = "{\"sub\":\"alice\"}";

  private static ECKey key(String name) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(name).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private Outbound.Answer answer(Outbound.Request request) {
    asked.add(request);
    return request.uri().equals(ENDPOINT)
        ? new Outbound.Answer(status, type, "", body)
        : new Outbound.Answer(
            200, "application/json", "", new JWKSet(key.toPublicJWK()).toString());
  }

  private JWTClaimsSet complete(JWTClaimsSet idToken) throws SignInException {
    ProviderKeys keys =
        new ProviderKeys(
            this::answer, URI.create(ISSUER + "/keys"), false, SignInLimits.DEFAULT, Instant::now);
    OpenIdConnect openId =
        new OpenIdConnect(ISSUER, "postern", new ClientSecret.None(), false, List.of(), true);
    return new UserInfo(this::answer, false, openId, keys).complete(idToken, ENDPOINT, "at-1");
  }

  private void refused(SignInFault fault, String why) {
    assertThatThrownBy(() -> complete(ID_TOKEN))
        .hasMessageContaining(why)
        .isInstanceOfSatisfying(SignInException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }

  private void signed(JWTClaimsSet claims, ECKey by) throws JOSEException {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(by.getKeyID()).build(), claims);
    token.sign(new ECDSASigner(by));
    type = "application/jwt";
    body = token.serialize();
  }

  @Test
  void onlyWhatTheIdTokenLacksIsAdded() throws Exception {
    body =
        """
        {"sub":"alice","name":"Mallory","email":"alice@example.com","email_verified":true,
         "groups":["staff"],"acr":"gold","auth_time":1,"sid":"s","nonce":"n"}
        """;
    JWTClaimsSet both = complete(ID_TOKEN);
    assertThat(both.getClaims())
        .containsOnlyKeys("iss", "aud", "sub", "name", "email", "email_verified", "groups");
    assertThat(both.getStringClaim("name")).isEqualTo("Alice");
    assertThat(both.getStringListClaim("groups")).containsExactly("staff");
    assertThat(asked.getFirst().headers()).containsEntry("Authorization", "Bearer at-1");
    assertThat(asked.getFirst().uri().toString()).doesNotContain("at-1");
  }

  @Test
  void wordThatAnAddressIsVerifiedStaysWithItsAddress() throws Exception {
    body = "{\"sub\":\"alice\",\"email\":\"real@example.com\",\"email_verified\":true}";
    JWTClaimsSet own =
        new JWTClaimsSet.Builder(ID_TOKEN).claim("email", "claimed@example.com").build();
    assertThat(complete(own).getClaim("email_verified")).isNull();
    assertThat(complete(own).getStringClaim("email")).isEqualTo("claimed@example.com");

    body = "{\"sub\":\"alice\",\"email\":\"unverified@example.com\"}";
    JWTClaimsSet word = new JWTClaimsSet.Builder(ID_TOKEN).claim("email_verified", true).build();
    assertThat(complete(word).getClaim("email_verified")).isNull();
  }

  @Test
  void answerAboutSomebodyElseIsRefused() {
    body = "{\"sub\":\"bob\",\"groups\":[\"admins\"]}";
    refused(SignInFault.USER_INFO_SUBJECT, "not the ID token's");
    body = "{\"groups\":[\"admins\"]}";
    refused(SignInFault.USER_INFO_SUBJECT, "missing");
    body = "{\"sub\":7}";
    refused(SignInFault.USER_INFO_SUBJECT, "missing");
  }

  @Test
  void answerThatIsNoneIsRefused() {
    body = "{\"sub\":\"bob\",\"sub\":\"alice\"}";
    refused(SignInFault.TOKEN_DUPLICATE, "userinfo");
    body = "[]";
    refused(SignInFault.TOKEN_UNREADABLE, "userinfo");
    status = 401;
    refused(SignInFault.USER_INFO, "status 401");
    status = 200;
    type = "text/html";
    refused(SignInFault.USER_INFO, "text/html");
  }

  @Test
  void signedAnswerIsBelievedFromTheIssuerToUs() throws Exception {
    JWTClaimsSet good =
        new JWTClaimsSet.Builder()
            .issuer(ISSUER)
            .audience("postern")
            .subject("alice")
            .claim("groups", List.of("staff"))
            .build();
    signed(good, key);
    assertThat(complete(ID_TOKEN).getStringListClaim("groups")).containsExactly("staff");
    signed(good, key("own"));
    refused(SignInFault.TOKEN_SIGNATURE, "");
    signed(new JWTClaimsSet.Builder(good).audience("other").build(), key);
    refused(SignInFault.USER_INFO, "aud [other]");
    signed(new JWTClaimsSet.Builder(good).issuer("https://other.example").build(), key);
    refused(SignInFault.USER_INFO, "iss https://other.example");
  }

  @Test
  void encryptedAnswerIsRefusedInPlainWords() {
    type = "application/jwt";
    body = "e30.a.b.c.d";
    refused(
        SignInFault.USER_INFO, "encrypted (expected: plain JSON, or a JWT that is signed only)");
  }
}

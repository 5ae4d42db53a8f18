package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.Asserted;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Person;

/** Every way to forge or misdirect an ID token that has a name. */
final class IdTokenCheckTest {
  private static final String ISSUER = "https://idp.example";
  private static final String CLIENT = "postern";
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static RSAKey own;
  private static RSAKey rotated;
  private static ECKey elliptic;
  private static RSAKey stranger;

  private final List<URI> fetched = new ArrayList<>();
  private Instant now = NOW;
  private JWKSet published = new JWKSet();
  private boolean keysReachable = true;
  private IdTokenCheck check = check("groups");

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

  private IdTokenCheck check(String groupsClaim) {
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

  private static JWTClaimsSet.Builder honest() {
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

  private static String signed(JWSHeader header, JWSSigner signer, JWTClaimsSet claims)
      throws JOSEException {
    SignedJWT jwt = new SignedJWT(header, claims);
    jwt.sign(signer);
    return jwt.serialize();
  }

  private static String token(UnaryOperator<JWTClaimsSet.Builder> change) throws JOSEException {
    return signed(
        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("own").build(),
        new RSASSASigner(own),
        change.apply(honest()).build());
  }

  private void refused(String token, SignInFault fault) {
    assertThatThrownBy(() -> check.check(token, "n-1"))
        .isInstanceOfSatisfying(SignInException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }

  @Test
  void honestTokenSaysWhoItIs() throws Exception {
    Asserted asserted = check.check(token(each -> each), "n-1");
    assertThat(asserted.person())
        .isEqualTo(
            new Person("alice", "alice@example.com", "Alice", List.of("staff", "dev"), Map.of()));
  }

  @Test
  void ellipticSignatureIsGood() throws Exception {
    String token =
        signed(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("ec").build(),
            new ECDSASigner(elliptic),
            honest().build());
    assertThat(check.check(token, "n-1").person().subject()).isEqualTo("alice");
  }

  @Test
  void wrongIssuerIsRefused() throws Exception {
    refused(token(c -> c.issuer("https://idp.example.evil")), SignInFault.TOKEN_ISSUER);
    refused(token(c -> c.issuer(ISSUER + "/")), SignInFault.TOKEN_ISSUER);
    refused(token(c -> c.issuer(null)), SignInFault.TOKEN_ISSUER);
  }

  @Test
  void audienceMustBeUsAndOnlyUsUnlessWeAreTheAuthorizedParty() throws Exception {
    refused(token(c -> c.audience("other")), SignInFault.TOKEN_AUDIENCE);
    refused(token(c -> c.audience(List.of())), SignInFault.TOKEN_AUDIENCE);
    refused(token(c -> c.audience(List.of(CLIENT, "other"))), SignInFault.TOKEN_AUDIENCE);
    refused(token(c -> c.claim("azp", "other")), SignInFault.TOKEN_AUDIENCE);
    refused(
        token(c -> c.audience(List.of(CLIENT, "other")).claim("azp", "other")),
        SignInFault.TOKEN_AUDIENCE);
    String ours = token(c -> c.audience(List.of(CLIENT, "other")).claim("azp", CLIENT));
    assertThat(check.check(ours, "n-1").person().subject()).isEqualTo("alice");
  }

  @Test
  void nonceMustBeThisSignInsOwn() throws Exception {
    refused(token(c -> c.claim("nonce", "n-2")), SignInFault.TOKEN_NONCE);
    refused(token(c -> c.claim("nonce", null)), SignInFault.TOKEN_NONCE);
    refused(token(c -> c.claim("nonce", 1)), SignInFault.TOKEN_UNREADABLE);
  }

  @Test
  void clocksMayBeOffByAMinuteAndNoMore() throws Exception {
    String token = token(each -> each);
    now = NOW.plusSeconds(300 + 59);
    assertThat(check.check(token, "n-1").person().subject()).isEqualTo("alice");
    now = NOW.plusSeconds(300 + 60);
    refused(token, SignInFault.TOKEN_TIME);
    now = NOW.minusSeconds(60);
    assertThat(check.check(token, "n-1").person().subject()).isEqualTo("alice");
    now = NOW.minusSeconds(61);
    refused(token, SignInFault.TOKEN_TIME);
  }

  @Test
  void tokenWithoutTimesOrOfLongAgoIsRefused() throws Exception {
    Date longAgo = Date.from(NOW.minus(Duration.ofHours(2)));
    refused(token(c -> c.issueTime(longAgo)), SignInFault.TOKEN_TIME);
    refused(token(c -> c.expirationTime(null)), SignInFault.TOKEN_TIME);
    refused(token(c -> c.issueTime(null)), SignInFault.TOKEN_TIME);
    refused(token(c -> c.notBeforeTime(Date.from(NOW.plusSeconds(120)))), SignInFault.TOKEN_TIME);
  }

  @Test
  void claimThatComesTwiceIsRefusedWhicheverIsHonest() throws Exception {
    String honest = honest().build().toString();
    for (String twice :
        List.of(
            honest.replaceFirst("\\{", "{\"sub\":\"mallory\","),
            honest.replaceFirst("}$", ",\"sub\":\"mallory\"}"),
            honest.replaceFirst("\\{", "{\"aud\":\"" + CLIENT + "\","),
            honest.replaceFirst("}$", ",\"\\\\u0073ub\":\"mallory\"}"))) {
      JWSObject token =
          new JWSObject(
              new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("own").build(), new Payload(twice));
      token.sign(new RSASSASigner(own));
      refused(token.serialize(), SignInFault.TOKEN_DUPLICATE);
    }
  }

  @Test
  void tokenWithoutASubjectIsRefused() throws Exception {
    refused(token(c -> c.subject(null)), SignInFault.TOKEN_SUBJECT);
    refused(token(c -> c.subject(" ")), SignInFault.TOKEN_SUBJECT);
    refused(token(c -> c.subject("x".repeat(256))), SignInFault.TOKEN_SUBJECT);
  }

  @Test
  void unsignedTokenIsRefused() {
    refused(new PlainJWT(honest().build()).serialize(), SignInFault.TOKEN_SIGNATURE);
  }

  @Test
  void publicKeyUsedAsASharedSecretIsRefused() throws Exception {
    RSAPublicKey publicKey = own.toRSAPublicKey();
    String pem =
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(publicKey.getEncoded())
            + "\n-----END PUBLIC KEY-----\n";
    for (byte[] secret :
        List.of(
            pem.getBytes(StandardCharsets.US_ASCII),
            publicKey.getEncoded(),
            publicKey.getModulus().toByteArray())) {
      String token =
          signed(
              new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("own").build(),
              new MACSigner(secret),
              honest().build());
      refused(token, SignInFault.TOKEN_SIGNATURE);
    }
  }

  @Test
  void keyInsideTheTokenIsNotLookedAt() throws Exception {
    String token =
        signed(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("own")
                .jwk(stranger.toPublicJWK())
                .build(),
            new RSASSASigner(stranger),
            honest().build());
    refused(token, SignInFault.TOKEN_SIGNATURE);
  }

  @Test
  void keyAddressInsideTheTokenIsNotFetched() throws Exception {
    String token =
        signed(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("own")
                .jwkURL(URI.create("http://127.0.0.1:1/keys"))
                .x509CertURL(URI.create("http://127.0.0.1:1/cert"))
                .build(),
            new RSASSASigner(stranger),
            honest().build());
    refused(token, SignInFault.TOKEN_SIGNATURE);
    assertThat(fetched).containsOnly(URI.create(ISSUER + "/keys"));
  }

  @Test
  void otherKindsOfTokenAreRefused() throws Exception {
    String token =
        signed(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("own")
                .type(new JOSEObjectType("at+jwt"))
                .build(),
            new RSASSASigner(own),
            honest().build());
    refused(token, SignInFault.TOKEN_SIGNATURE);
  }

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

  @Test
  void addressThatNobodyVouchesForDoesNotCount() throws Exception {
    assertThat(check.check(token(c -> c.claim("email_verified", false)), "n-1").person().email())
        .isEmpty();
    assertThat(check.check(token(c -> c.claim("email_verified", null)), "n-1").person().email())
        .as("the domain was given to this provider")
        .isEqualTo("alice@example.com");
    String elsewhere =
        token(c -> c.claim("email_verified", null).claim("email", "alice@other.example"));
    assertThat(check.check(elsewhere, "n-1").person().email()).isEmpty();
  }

  @Test
  void groupsOfAnyShapeAreTakenOrLeftOut() throws Exception {
    assertThat(check.check(token(c -> c.claim("groups", "one")), "n-1").person().groups())
        .containsExactly("one");
    assertThat(check.check(token(c -> c.claim("groups", null)), "n-1").person().groups()).isEmpty();
    assertThat(
            check
                .check(token(c -> c.claim("groups", List.of(1, "a", ""))), "n-1")
                .person()
                .groups())
        .containsExactly("a");
  }

  /** The signature's own encoding has synonyms ('-' and '+'); what is signed has none. */
  @Test
  void noDamageToWhatIsSignedIsAccepted() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String honest = token(each -> each);
    int signedLength = honest.lastIndexOf('.');
    for (int i = 0; i < 2_000; i++) {
      char[] damaged = honest.toCharArray();
      damaged[random.nextInt(signedLength)] = (char) (33 + random.nextInt(94));
      String token = new String(damaged);
      if (!token.equals(honest)) {
        Throwable thrown = catchThrowable(() -> check.check(token, "n-1"));
        assertThat(thrown).as("seed %d, token %s", seed, token).isInstanceOf(SignInException.class);
      }
    }
  }

  @Test
  void damagedSignatureNeverChangesWhatATokenSays() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String honest = token(each -> each);
    Asserted said = check.check(honest, "n-1");
    int signedLength = honest.lastIndexOf('.');
    for (int i = 0; i < 2_000; i++) {
      char[] damaged = honest.toCharArray();
      int at = signedLength + random.nextInt(honest.length() - signedLength);
      damaged[at] = (char) (33 + random.nextInt(94));
      String token = new String(damaged);
      try {
        assertThat(check.check(token, "n-1")).as("seed %d, token %s", seed, token).isEqualTo(said);
      } catch (SignInException expected) {
        assertThat(expected.fault())
            .as("seed %d, token %s", seed, token)
            .isIn(SignInFault.TOKEN_SIGNATURE, SignInFault.TOKEN_UNREADABLE);
      }
    }
  }
}

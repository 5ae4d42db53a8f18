package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.PlainJWT;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.Asserted;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.Person;

/** Every way to forge or misdirect an ID token that has a name. */
final class IdTokenCheckTest extends IdTokenBed {
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

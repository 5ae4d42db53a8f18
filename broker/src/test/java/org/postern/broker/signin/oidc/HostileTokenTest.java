package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.crypto.RSAEncrypter;
import com.nimbusds.jwt.EncryptedJWT;
import java.nio.charset.StandardCharsets;
import java.security.Signature;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.broker.signin.SignInException;

/** Tokens written by hand and signed with the provider's own key: what they say is what is odd. */
final class HostileTokenTest extends IdTokenBed {
  private static final String HEADER = "{\"alg\":\"RS256\",\"kid\":\"own\"}";

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Signs exactly these texts, whatever the header says of them. */
  private static String written(String header, String payload) throws Exception {
    String input = encode(header) + "." + payload;
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(own.toPrivateKey());
    signature.update(input.getBytes(StandardCharsets.UTF_8));
    return input + "." + encode(signature.sign());
  }

  private static String claims() {
    return honest().build().toString();
  }

  private static String changed(String name, String json) {
    String claims = claims();
    String without = claims.replaceFirst("\"" + name + "\":(\"[^\"]*\"|\\d+),?", "");
    return without.replaceFirst("^\\{", "{\"" + name + "\":" + json + ",").replace(",}", "}");
  }

  private void refused(String token) {
    assertThatThrownBy(() -> check.check(token, "n-1")).isInstanceOf(SignInException.class);
  }

  @Test
  void writtenByHandAnHonestTokenIsBelieved() throws Exception {
    assertThat(check.check(written(HEADER, encode(claims())), "n-1").person().subject())
        .isEqualTo("alice");
    String changed = changed("sub", "\"bob\"");
    assertThat(check.check(written(HEADER, encode(changed)), "n-1").person().subject())
        .isEqualTo("bob");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"crit\":[\"exp\"],\"exp\":1",
        "\"crit\":[\"b64\"],\"b64\":true",
        "\"crit\":[\"b64\"],\"b64\":false",
        "\"crit\":[]",
        "\"b64\":false",
        "\"b64\":true",
        "\"zip\":\"DEF\"",
        "\"cty\":\"JWT\",\"zip\":\"none\"",
        "\"typ\":\"dpop+jwt\"",
        "\"typ\":\"JWT\\u0000\"",
        "\"alg\":\"RS256\"",
        "\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}"
      })
  void headerThatSaysMoreThanWhoSignedIsRefused(String more) throws Exception {
    refused(written("{\"alg\":\"RS256\",\"kid\":\"own\"," + more + "}", encode(claims())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../keys/own",
        "own\\u0000",
        " own",
        "OWN",
        "own' or '1'='1",
        "/dev/null",
        "http://127.0.0.1/own"
      })
  void keyIdIsANameInTheProvidersSetAndNothingElse(String kid) throws Exception {
    refused(written("{\"alg\":\"RS256\",\"kid\":\"" + kid + "\"}", encode(claims())));
    assertThat(fetched).allMatch(address -> address.toString().equals(ISSUER + "/keys"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "aud=[\"postern\",5]",
        "aud=[\"postern\",null]",
        "aud=[\"postern\",\"postern\"]",
        "aud=[[\"postern\"]]",
        "aud={\"postern\":true}",
        "aud=\"postern other\"",
        "aud=\"POSTERN\"",
        "iss=[\"https://idp.example\"]",
        "iss=\"https://idp.example/\"",
        "sub=4711",
        "sub=12345678901234567890",
        "sub=[\"alice\"]",
        "sub=null",
        "exp=\"1795348800\"",
        "exp=true",
        "exp=1e3",
        "exp=-1e308",
        "exp=-9223372036854775808",
        "iat=1e308",
        "iat=9223372036854775807",
        "iat=\"now\"",
        "nonce=[\"n-1\"]"
      })
  void claimOfAnotherTypeOrBeyondAllBoundsIsRefused(String change) throws Exception {
    int equals = change.indexOf('=');
    refused(
        written(
            HEADER, encode(changed(change.substring(0, equals), change.substring(equals + 1)))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"[]", "null", "\"alice\"", "1", "{}", "{}{}", "", "{\"sub\":\"alice\"} x"})
  void payloadThatIsNoClaimsIsRefused(String payload) throws Exception {
    refused(written(HEADER, encode(payload)));
  }

  @Test
  void otherSerialisationsOfATokenAreRefused() throws Exception {
    String token = written(HEADER, encode(claims()));
    String[] parts = token.split("\\.", -1);
    refused(token + "." + parts[1]);
    refused(token + ".");
    refused(" " + token + "\n" + token);
    refused(parts[0] + ".." + parts[2]);
    refused(parts[0] + "=." + parts[1] + "." + parts[2]);
    refused(
        "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}"
            .formatted(parts[0], parts[1], parts[2]));
  }

  @Test
  void tokenThatIsEncryptedForAKeyOfTheSetIsRefused() throws Exception {
    EncryptedJWT token =
        new EncryptedJWT(
            new JWEHeader.Builder(JWEAlgorithm.RSA_OAEP_256, EncryptionMethod.A256GCM)
                .keyID("own")
                .contentType("JWT")
                .build(),
            honest().build());
    token.encrypt(new RSAEncrypter(own.toRSAPublicKey()));
    refused(token.serialize());
  }
}

package org.postern.broker.signin.oidc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;

/**
 * No name may come twice in a token's header or claims (RFC 8259 section 4): of two readers, one
 * takes the first and one the last, and an attacker knows which.
 */
final class JsonOnce {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final ObjectMapper OBJECTS =
      new ObjectMapper(JSON).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int PARTS_READ = 2;
  private static final int TOKEN_MAX = 64 * 1024;

  private JsonOnce() {}

  static void check(String token) throws SignInException {
    if (token.length() > TOKEN_MAX) {
      throw new SignInException(SignInFault.TOKEN_UNREADABLE, "longer than " + TOKEN_MAX);
    }
    String[] parts = token.split("\\.", PARTS_READ + 1);
    if (parts.length < PARTS_READ) {
      throw new SignInException(SignInFault.TOKEN_UNREADABLE, "not a JWT");
    }
    for (int i = 0; i < PARTS_READ; i++) {
      check(i, parts[i]);
    }
  }

  /** An object that is not in a token. */
  static Map<String, Object> object(String json, String what) throws SignInException {
    try {
      Map<String, Object> object =
          OBJECTS.readValue(json, new TypeReference<Map<String, Object>>() {});
      if (object == null) {
        throw new SignInException(SignInFault.TOKEN_UNREADABLE, what + " is null");
      }
      return object;
    } catch (JsonProcessingException e) {
      boolean twice = String.valueOf(e.getMessage()).startsWith("Duplicate field");
      throw new SignInException(
          twice ? SignInFault.TOKEN_DUPLICATE : SignInFault.TOKEN_UNREADABLE,
          what + " is not a JSON object as it must be",
          e);
    }
  }

  private static void check(int part, String encoded) throws SignInException {
    try (JsonParser parser = JSON.createParser(Base64.getUrlDecoder().decode(encoded))) {
      while (parser.nextToken() != null) {
        // Reading is the check.
      }
    } catch (IllegalArgumentException e) {
      throw new SignInException(SignInFault.TOKEN_UNREADABLE, "part " + part + " is not base64", e);
    } catch (IOException e) {
      boolean twice = String.valueOf(e.getMessage()).startsWith("Duplicate field");
      throw new SignInException(
          twice ? SignInFault.TOKEN_DUPLICATE : SignInFault.TOKEN_UNREADABLE,
          "part " + part + " is not JSON as it must be",
          e);
    }
  }
}

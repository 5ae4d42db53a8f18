package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.front.HttpsLimits;

/** Every operation of the served contract, with values right, wrong and absurd. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdminFuzzTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int ROUNDS = 12;

  @TempDir private static Path dataDir;
  private BrokerUnderTest broker;
  private AdminCaller owner;
  private JsonNode contract;
  private List<ContractOperation> operations;
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  @BeforeAll
  void start() throws Exception {
    broker = new BrokerUnderTest(dataDir, Set.of());
    owner = new AdminCaller(broker, Files.readString(dataDir.resolve("admin.token")).strip());
    contract = ContractOperation.contract(new AdminCaller(broker, ""));
    operations = ContractOperation.all(contract);
    System.out.println("seed " + seed);
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  @Test
  void nothingBreaksAndEveryAnswerIsDescribed() throws Exception {
    int asked = 0;
    for (ContractOperation target : operations) {
      for (int i = 0; i < ROUNDS; i++) {
        String path = filled(target);
        String body = body(target);
        AdminCaller.Answer answer = owner.call(target.method(), path, body, headers());
        asked += 1;
        String what =
            "seed %d: %s %s %s -> %d %s"
                .formatted(
                    seed, target.method(), path, shortened(body), answer.status(), answer.body());
        assertThat(answer.status()).as(what).isLessThan(500);
        if (answer.status() >= 400) {
          assertThat(answer.header("Content-Type"))
              .as(what)
              .startsWith(target.isPublic() ? "application/" : "application/problem+json");
        } else {
          assertThat(target.told().path("responses").has("" + answer.status())).as(what).isTrue();
        }
      }
    }
    assertThat(asked).isGreaterThan(500);
    assertThat(owner.call("GET", "/admin/v1/audit/verify", "").json().path("intact").asBoolean())
        .isTrue();
  }

  @Test
  void nobodyGetsInWithoutATokenAndReadersChangeNothing() throws Exception {
    AdminCaller nobody = new AdminCaller(broker, "");
    AdminCaller auditor = owner.newToken("audrey", "auditor");
    owner.call("PUT", "/admin/v1/roles/nothing", "{\"permissions\":[\"nothing:read\"]}");
    AdminCaller powerless = owner.newToken("paul", "nothing");
    String before = owner.call("GET", "/admin/v1/config", "").body();
    for (ContractOperation target : operations) {
      String path = filled(target);
      String what = target.method() + " " + path;
      if (target.isPublic()) {
        continue;
      }
      assertThat(nobody.call(target.method(), path, "").status()).as(what).isIn(401, 429);
      if (!target.permission().equals("self")) {
        assertThat(powerless.call(target.method(), path, body(target)).status())
            .as(what)
            .isIn(403, 413);
        if (!target.permission().endsWith(":read")) {
          assertThat(auditor.call(target.method(), path, body(target)).status())
              .as(what)
              .isIn(403, 413);
        }
      }
    }
    assertThat(owner.call("GET", "/admin/v1/config", "").body()).isEqualTo(before);
  }

  @Test
  void noBodyIsReadWithoutAnEnd() throws Exception {
    int refused = 0;
    for (ContractOperation target : operations) {
      boolean takesDocument = target.told().path("x-body").asText().equals("document");
      HttpsLimits limits = HttpsLimits.DEFAULT;
      int most = takesDocument ? limits.applyBytesMax() : limits.bodyBytesMax();
      if (!target.method().equals("GET")) {
        refused += refusesBody(target, "x".repeat(most + 1)) ? 1 : 0;
      }
    }
    assertThat(refused).as("refusals that were read before the connection was cut").isPositive();
  }

  private boolean refusesBody(ContractOperation target, String body) throws InterruptedException {
    try {
      AdminCaller.Answer answer = owner.sendTooMuch(target.method(), filled(target), body);
      assertThat(answer.status()).as(target.method() + " " + target.path()).isEqualTo(413);
      assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
      // What takes no body at all says 0.
      assertThat(answer.json().path("detail").asText())
          .isIn(
              "This path takes at most %d bytes.".formatted(body.length() - 1),
              "This path takes at most 0 bytes.");
      return true;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      // Cut before the refusal could be read: the body was not taken either.
      assertThat(e).isInstanceOf(java.io.IOException.class);
      return false;
    }
  }

  @Test
  void noPathAnswersThatTheContractDoesNotName() throws Exception {
    for (String path : List.of("/admin/v1", "/admin/v1/", "/admin/v1/x", "/admin/v1/tokens/a/b")) {
      for (String method : List.of("GET", "POST", "PUT", "DELETE")) {
        assertThat(owner.call(method, path, "").status()).as(path).isIn(404, 405);
      }
    }
  }

  // -- values

  private static String shortened(String text) {
    return text.substring(0, Math.min(text.length(), 200));
  }

  private JsonNode resolved(JsonNode node) {
    String reference = node.path("$ref").asText();
    return reference.isEmpty() ? node : contract.at(reference.substring(1));
  }

  private String filled(ContractOperation target) {
    String path = target.path();
    StringBuilder query = new StringBuilder();
    for (JsonNode list :
        List.of(target.whole().path("parameters"), target.told().path("parameters"))) {
      for (JsonNode each : list) {
        JsonNode parameter = resolved(each);
        String value = encode(text(parameter.path("schema")));
        if (parameter.path("in").asText().equals("path")) {
          String safe = value.isEmpty() || value.matches("[.]+") ? "x" : value;
          path = path.replace("{" + parameter.path("name").asText() + "}", safe);
        } else if (parameter.path("in").asText().equals("query") && random.nextInt(3) == 0) {
          query.append(query.isEmpty() ? "?" : "&");
          query.append(parameter.path("name").asText()).append('=').append(value);
        }
      }
    }
    return path + query;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private String[] headers() {
    return switch (random.nextInt(6)) {
      case 0 -> new String[] {"If-Match", "\"cv-1\""};
      case 1 -> new String[] {"If-Match", "*"};
      case 2 -> new String[] {"If-None-Match", "*"};
      case 3 -> new String[] {"Idempotency-Key", "k" + random.nextInt(5)};
      case 4 -> new String[] {"If-Match", strange()};
      default -> new String[0];
    };
  }

  private String body(ContractOperation target) {
    JsonNode content = target.told().path("requestBody").path("content");
    if (content.isMissingNode()) {
      return random.nextInt(10) == 0 ? "x" : "";
    }
    JsonNode json = content.path("application/json");
    if (json.isMissingNode()) {
      return switch (random.nextInt(5)) {
        case 0 -> "version: 1\nrules: []\n";
        case 1 -> "version: 1\n" + strange() + ": [1]\n";
        case 2 -> "grant_type=client_credentials&client_id=a&client_secret=%00b&scope=" + strange();
        case 3 -> "[".repeat(50);
        default -> strange();
      };
    }
    String text = value(json.path("schema"), 0).toString();
    return random.nextInt(12) == 0 ? text.substring(0, text.length() / 2) : text;
  }

  private String text(JsonNode schema) {
    JsonNode value = value(schema, 0);
    return value.isTextual() ? value.textValue() : value.toString();
  }

  private String strange() {
    return switch (random.nextInt(8)) {
      case 0 -> "";
      case 1 -> "x".repeat(random.nextInt(400));
      case 2 -> "' or 1=1 --";
      case 3 -> "..%2f..%2fetc";
      case 4 -> "-1";
      case 5 -> "{{7*7}}";
      case 6 -> "99999999999999999999";
      default -> "vpc-a";
    };
  }

  /** Mostly what the schema wants, sometimes something else. */
  private JsonNode value(JsonNode described, int depth) {
    JsonNode schema = resolved(described);
    if (random.nextInt(8) == 0 || depth > 6) {
      return nonsense();
    }
    if (schema.has("enum") && random.nextInt(5) > 0) {
      return schema.path("enum").get(random.nextInt(schema.path("enum").size()));
    }
    return switch (schema.path("type").asText()) {
      case "object" -> object(schema, depth);
      case "array" -> {
        ArrayNode array = JSON.arrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          array.add(value(schema.path("items"), depth + 1));
        }
        yield array;
      }
      case "integer" ->
          JSON.numberNode(random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(100) + 1);
      case "boolean" -> JSON.booleanNode(random.nextBoolean());
      default -> JSON.textNode(random.nextInt(3) == 0 ? strange() : "a" + random.nextInt(5));
    };
  }

  private ObjectNode object(JsonNode schema, int depth) {
    ObjectNode object = JSON.objectNode();
    for (var property : schema.path("properties").properties()) {
      if (random.nextInt(4) > 0) {
        object.set(property.getKey(), value(property.getValue(), depth + 1));
      }
    }
    if (random.nextInt(10) == 0) {
      object.put(strange(), strange());
    }
    return object;
  }

  private JsonNode nonsense() {
    return switch (random.nextInt(7)) {
      case 0 -> JSON.nullNode();
      case 1 -> JSON.numberNode(Double.MAX_VALUE);
      case 2 -> JSON.textNode("a\u0000b\ud800\n\u202e");
      case 3 -> JSON.arrayNode().add(JSON.objectNode());
      case 4 -> JSON.objectNode().put("x", 1);
      case 5 -> JSON.numberNode(Long.MIN_VALUE);
      default -> JSON.textNode(strange());
    };
  }
}

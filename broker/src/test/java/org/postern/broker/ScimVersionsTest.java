package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Several clients of one provider at once: who changes what the other has not seen, who waits. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ScimVersionsTest {
  private static final String STALE = "W/\"999999\"";
  private static final int AT_ONCE = 12;

  @TempDir private static Path dataDir;
  private TestProvider provider;
  private BrokerUnderTest broker;
  private ScimDoor corp;

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    broker = new BrokerUnderTest(dataDir, Set.of(provider.issuer()));
    String policy =
        """
        version: 1
        identityProviders: [{name: corp, issuer: "%s", clientId: %s, domains: [example.com]}]
        """
            .formatted(provider.issuer(), TestProvider.CLIENT);
    assertThat(broker.admin("POST", "/admin/v1/apply", policy).statusCode()).isEqualTo(200);
    corp = new ScimDoor(broker, "corp");
  }

  @AfterAll
  void stop() {
    corp.close();
    broker.close();
    provider.close();
  }

  private static String named(String name) {
    return "{\"Operations\":[{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"%s\"}]}"
        .formatted(name);
  }

  private static List<ScimDoor.Answer> together(List<Callable<ScimDoor.Answer>> calls)
      throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<ScimDoor.Answer> answers = new ArrayList<>();
      for (Future<ScimDoor.Answer> each : threads.invokeAll(calls)) {
        answers.add(each.get());
      }
      return answers;
    }
  }

  @Test
  void whatAnotherVersionWasMeantForIsRefusedAndChangesNothing() throws Exception {
    String path = "/Users/" + corp.newUser("versions@example.com");
    String put = "{\"userName\":\"other@example.com\",\"active\":true}";
    for (String[] refused :
        new String[][] {
          {"PATCH", named("x"), "If-Match", STALE},
          {"PUT", put, "If-Match", STALE},
          {"DELETE", "", "If-Match", STALE},
          {"PUT", put, "If-None-Match", "*"}
        }) {
      assertThat(corp.send(refused[0], path, refused[1], refused[2], refused[3]).status())
          .as(refused[0] + " " + refused[2])
          .isEqualTo(412);
    }
    ScimDoor.Answer there = corp.send("GET", path, "");
    assertThat(there.body().path("userName").asText()).isEqualTo("versions@example.com");
    String listed = STALE + ", " + there.etag().replace("W/", "");
    ScimDoor.Answer changed = corp.send("PATCH", path, named("y"), "If-Match", listed);
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.etag()).isNotEqualTo(there.etag());
    assertThat(corp.send("PATCH", path, named("z"), "If-Match", "*").status()).isEqualTo(200);
    assertThat(corp.send("GET", path, "", "If-None-Match", "*").status()).isEqualTo(304);
    assertThat(corp.send("DELETE", path, "", "If-Match", "*").status()).isEqualTo(204);
    assertThat(corp.send("DELETE", path, "", "If-Match", "*").status()).isEqualTo(404);
  }

  @Test
  void ofManyChangesToOneVersionOneHolds() throws Exception {
    String path = "/Users/" + corp.newUser("race@example.com");
    String version = corp.send("GET", path, "").etag();
    List<Callable<ScimDoor.Answer>> calls = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      String body = named("racer " + i);
      calls.add(() -> corp.send("PATCH", path, body, "If-Match", version));
    }
    List<Integer> statuses = together(calls).stream().map(ScimDoor.Answer::status).toList();
    assertThat(statuses).containsOnlyOnce(200);
    assertThat(statuses.stream().filter(each -> each == 412).count()).isEqualTo(AT_ONCE - 1);
  }

  @Test
  void bulkRequestsBeyondWhatABrokerTakesAtOnceAreToldWhenToComeAgain() throws Exception {
    List<Callable<ScimDoor.Answer>> calls = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      int part = i;
      calls.add(() -> corp.send("POST", "/Bulk", bulk(part)));
    }
    List<ScimDoor.Answer> answers = together(calls);
    List<Integer> late = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      ScimDoor.Answer answer = answers.get(i);
      if (answer.status() == 429) {
        assertThat(answer.http().headers().firstValue("Retry-After")).isPresent();
        late.add(i);
      } else {
        assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
      }
    }
    assertThat(late).isNotEmpty().hasSizeLessThan(AT_ONCE);
    for (int part : late) {
      assertThat(corp.send("POST", "/Bulk", bulk(part)).body().path("Operations"))
          .allSatisfy(each -> assertThat(each.path("status").asText()).isEqualTo("201"));
    }
  }

  private static String bulk(int part) {
    return "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"],\"Operations\":["
        + IntStream.range(0, 200)
            .mapToObj(
                """
                {"method":"POST","path":"/Users","bulkId":"b%%1$d","data":{"userName":"u%d-%%1$d"}}\
                """
                        .formatted(part)
                    ::formatted)
            .collect(Collectors.joining(","))
        + "]}";
  }
}

package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Several editors of one policy, each at one of two brokers of one database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TwoBrokersTest {
  private static final int EDITORS = 6;
  private static final int STEPS = 14;
  private static final int COUNTERS = 3;
  private static final int VICTIMS = 6;
  private static final Duration ANSWERED = Duration.ofSeconds(60);
  private static final String RULES = "/admin/v1/config/rules/";

  @TempDir private static Path folder;
  private final Map<String, AtomicInteger> counted = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> removed = new ConcurrentHashMap<>();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicInteger conflicts = new AtomicInteger();
  private BrokerUnderTest first;
  private BrokerUnderTest second;
  private List<AdminCaller> owners = List.of();

  @BeforeAll
  void start() throws Exception {
    first = new BrokerUnderTest(folder.resolve("one"), Set.of());
    second = first.beside(folder.resolve("two"));
    String token = Files.readString(first.dataDir.resolve("admin.token")).strip();
    owners = List.of(new AdminCaller(first, token), new AdminCaller(second, token));
    assertThat(owners.getFirst().call("POST", "/admin/v1/apply", base()).status()).isEqualTo(200);
  }

  @AfterAll
  void stop() {
    second.close();
    first.close();
  }

  private static String base() {
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < COUNTERS; i++) {
      rules.append(rule("counter-" + i, 0));
    }
    for (int i = 0; i < VICTIMS; i++) {
      rules.append(rule("victim-" + i, 0));
    }
    for (int e = 0; e < EDITORS; e++) {
      rules.append(rule("left-" + e, 0)).append(rule("right-" + e, 0));
    }
    return """
    version: 1
    domains: [corp.internal]
    connectorGroups: [{name: vpc-a}]
    applications:
      - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], connectorGroups: [vpc-a]}
    rules:
    """
        + rules;
  }

  private static String rule(String name, int count) {
    return "  - {name: %s, action: deny, applications: [wiki], anyone: true, message: \"%d\"}\n"
        .formatted(name, count);
  }

  /** One editor; what it was told is done has to be found, at the other broker too. */
  private final class Editor {
    private final int number;
    private final Random random;
    private final AdminCaller here;
    private final AdminCaller there;
    private final List<String> chain = new ArrayList<>();

    Editor(int number, long seed) throws Exception {
      this.number = number;
      this.random = new Random(seed + number);
      this.here = owners.get(number % 2).newToken("editor-" + number, "policy-editor");
      this.there = owners.get((number + 1) % 2);
    }

    void run() {
      try {
        for (int step = 0; step < STEPS; step++) {
          switch (random.nextInt(5)) {
            case 0 -> count();
            case 1 -> grow();
            case 2 -> swap();
            case 3 -> remove();
            default -> countAll();
          }
        }
      } catch (Exception | AssertionError e) {
        wrong.add("editor " + number + ": " + e);
      }
    }

    /** Whether it was done; whatever else is said has to be a conflict, in words, and soon. */
    private AdminCaller.Answer ask(String method, String path, String body, String... headers)
        throws Exception {
      long begun = System.nanoTime();
      AdminCaller.Answer answer = here.call(method, path, body, headers);
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      boolean conflict =
          Set.of(404, 409, 412).contains(answer.status())
              && !answer.json().path("title").asText().isBlank()
              && !answer.json().path("detail").asText().isBlank();
      if (conflict) {
        conflicts.incrementAndGet();
      }
      if (!(answer.status() == 200 || conflict) || took.compareTo(ANSWERED) > 0) {
        wrong.add(method + " " + path + ": " + answer.status() + " after " + took + answer.body());
      }
      return answer;
    }

    private void increment(ObjectNode rule) {
      rule.put("message", "" + (rule.path("message").asInt() + 1));
    }

    private void count() throws Exception {
      String name = "counter-" + random.nextInt(COUNTERS);
      AdminCaller.Answer read = ask("GET", RULES + name, "");
      ObjectNode rule = (ObjectNode) read.json();
      increment(rule);
      AdminCaller.Answer put =
          ask("PUT", RULES + name, rule.toString(), "If-Match", read.header("ETag"));
      if (put.status() == 200) {
        counted.computeIfAbsent(name, each -> new AtomicInteger()).incrementAndGet();
        // The answer is this edit's own, not what somebody made of it since.
        assertThat(put.json().path("message")).isEqualTo(rule.path("message"));
      }
    }

    private void countAll() throws Exception {
      AdminCaller.Answer read = here.call("GET", "/admin/v1/config?kind=rules&format=json", "");
      ObjectNode document = (ObjectNode) read.json();
      List<String> names = new ArrayList<>();
      for (JsonNode rule : document.path("rules")) {
        if (rule.path("name").asText().startsWith("counter-")) {
          increment((ObjectNode) rule);
          names.add(rule.path("name").asText());
        }
      }
      AdminCaller.Answer applied =
          ask("POST", "/admin/v1/apply", document.toString(), "If-Match", read.header("ETag"));
      if (applied.status() == 200) {
        names.forEach(
            name -> counted.computeIfAbsent(name, each -> new AtomicInteger()).incrementAndGet());
        long seen = Long.parseLong(read.header("ETag").replaceAll("[^0-9]", ""));
        assertThat(applied.json().path("version").asLong()).isEqualTo(seen + 1);
      }
    }

    /** Each behind the one before. */
    private void grow() throws Exception {
      String name = "chain-" + number + "-" + chain.size();
      String behind = chain.isEmpty() ? "counter-0" : chain.getLast();
      AdminCaller.Answer made =
          ask(
              "PUT",
              RULES + name + "?after=" + behind,
              "{\"action\": \"deny\", \"applications\": [\"wiki\"], \"anyone\": true}",
              "If-None-Match",
              "*");
      assertThat(made.status()).as(made.body()).isEqualTo(200);
      chain.add(name);
    }

    /** Nobody else moves these two. */
    private void swap() throws Exception {
      String left = "left-" + number;
      String right = "right-" + number;
      boolean before = random.nextBoolean();
      AdminCaller.Answer read = ask("GET", RULES + left, "");
      AdminCaller.Answer put =
          ask(
              "PUT",
              RULES + left + (before ? "?before=" : "?after=") + right,
              read.body(),
              "If-Match",
              read.header("ETag"));
      assertThat(put.status()).as(put.body()).isEqualTo(200);
      List<String> names = names(there);
      assertThat(names.indexOf(left) < names.indexOf(right)).as(names.toString()).isEqualTo(before);
    }

    private void remove() throws Exception {
      String name = "victim-" + random.nextInt(VICTIMS);
      if (ask("DELETE", RULES + name, "").status() == 200) {
        removed.computeIfAbsent(name, each -> new AtomicInteger()).incrementAndGet();
        assertThat(there.call("GET", RULES + name, "").status()).isEqualTo(404);
      }
    }
  }

  private static List<String> names(AdminCaller at) throws Exception {
    return rules(at).findValuesAsText("name");
  }

  private static ArrayNode rules(AdminCaller at) throws Exception {
    return (ArrayNode)
        at.call("GET", "/admin/v1/config?kind=rules&format=json", "").json().path("rules");
  }

  @Test
  void editorsOfTwoBrokersLoseNoEditAndNoOrderAndHearOfConflictsInWords() throws Exception {
    long seed = System.nanoTime();
    List<Editor> editors = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int e = 0; e < EDITORS; e++) {
      editors.add(new Editor(e, seed));
    }
    editors.forEach(editor -> threads.add(Thread.ofVirtual().start(editor::run)));
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).as("seed %d", seed).isEmpty();
    assertThat(conflicts).as("seed %d", seed).hasPositiveValue();
    for (AdminCaller each : owners) {
      everythingIsThere(each, editors, seed);
    }
    assertThat(owners.getLast().call("GET", "/admin/v1/audit/verify", "").body())
        .contains("intact");
  }

  private void everythingIsThere(AdminCaller at, List<Editor> editors, long seed) throws Exception {
    List<String> names = names(at);
    for (JsonNode rule : rules(at)) {
      String name = rule.path("name").asText();
      if (name.startsWith("counter-")) {
        assertThat(rule.path("message").asInt())
            .as("%s, seed %d", name, seed)
            .isEqualTo(counted.getOrDefault(name, new AtomicInteger()).get());
      }
    }
    for (Editor editor : editors) {
      String own = "chain-" + editor.number + "-";
      assertThat(names.stream().filter(name -> name.startsWith(own)).toList())
          .as("seed %d", seed)
          .isEqualTo(editor.chain);
    }
    for (int i = 0; i < VICTIMS; i++) {
      AtomicInteger times = removed.getOrDefault("victim-" + i, new AtomicInteger());
      assertThat(times.get()).as("victim-%d, seed %d", i, seed).isBetween(0, 1);
      assertThat(names.contains("victim-" + i)).isEqualTo(times.get() == 0);
    }
  }
}

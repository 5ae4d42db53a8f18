package org.postern.acceptance.bench.directory;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.store.BenchDatabase;

/** A company, changes at a pace, decisions beside them, a kill in the middle, and an inventory. */
public final class DirectoryTrial {
  private static final int PROBED = 16;
  private static final int SETTLE_SECONDS = 5;

  private final BenchRun run;
  private final Plan plan;

  /**
   * How much of everything.
   *
   * @param perSecond changes
   * @param seconds of each part
   */
  public record Plan(int users, int groups, int groupsOfOne, int perSecond, int seconds) {}

  /**
   * What came of it.
   *
   * @param loadRate users and groups made per second
   * @param limitRate changes per second when nobody waits
   * @param rate changes per second at the pace
   * @param p99Millis of a change at the pace, from when it was due
   * @param visibleP99Millis from the acknowledgement until decisions know
   * @param backSeconds from the kill until the pace was caught up with
   * @param lost acknowledged changes that the broker does not know
   */
  public record Result(
      double loadRate,
      double limitRate,
      double rate,
      double p99Millis,
      double visibleP99Millis,
      double visibleMaxMillis,
      double backSeconds,
      long lost) {}

  /** Prepares nothing yet. */
  public DirectoryTrial(BenchRun run, Plan plan) {
    this.run = run;
    this.plan = plan;
  }

  /** Does it all. */
  public Result measure() throws Exception {
    DirectoryBroker broker = new DirectoryBroker(run, "");
    Company company =
        Company.load(broker, new Company.Size(plan.users(), plan.groups(), plan.groupsOfOne()));
    double loadRate = (plan.users() + plan.groups()) / company.seconds();
    run.say(
        "%d users, %d groups in %.0f s".formatted(plan.users(), plan.groups(), company.seconds()));
    Ledger ledger = new Ledger();
    DirectoryLoad load = new DirectoryLoad(broker, company, ledger);
    load.run(2L * plan.perSecond(), 0);
    DirectoryLoad.Result limit = load.run((long) plan.perSecond() * plan.seconds() / 2, 0);
    run.say("as fast as it goes: %.0f changes/s".formatted(limit.rate()));

    Probes probes = new Probes(broker, load, probedGroup(broker), people(broker, company));
    DirectoryLoad.Result paced =
        load.run((long) plan.perSecond() * plan.seconds(), plan.perSecond());
    double[] visible = probes.end();
    run.say(
        "%.0f changes/s at a pace of %d, p50 %.1f ms, p99 %.1f ms; %d probes"
            .formatted(
                paced.rate(),
                plan.perSecond(),
                paced.millisAt(0.5),
                paced.millisAt(0.99),
                visible.length));
    DirectoryLoad.Result killed = withAKill(broker, load);
    double late = killed.millisAt(1) / 1e3;
    run.say(
        "killed in the middle: all %d acknowledged in the end, %d sent again, %.1f s behind"
            .formatted(killed.millis().size(), load.sentAgain(), late));
    return new Result(
        loadRate,
        limit.rate(),
        paced.rate(),
        paced.millisAt(0.99),
        visible[(int) (visible.length * 0.99)],
        visible[visible.length - 1],
        late,
        lost(broker, ledger));
  }

  private DirectoryLoad.Result withAKill(DirectoryBroker broker, DirectoryLoad load)
      throws Exception {
    CompletableFuture<DirectoryLoad.Result> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(load.run((long) plan.perSecond() * plan.seconds(), plan.perSecond()));
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(plan.seconds() / 3));
    broker.kill();
    broker.startAgain();
    return result.get(plan.seconds() * 3L + SETTLE_SECONDS * 30L, TimeUnit.SECONDS);
  }

  private static String probedGroup(DirectoryBroker broker) throws Exception {
    return DirectoryBroker.good(
            broker.scim(
                "POST",
                "/Groups",
                "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],"
                    + "\"displayName\":\""
                    + DirectoryBroker.GROUP
                    + "\"}"))
        .path("id")
        .asText();
  }

  private static List<Probes.Person> people(DirectoryBroker broker, Company company)
      throws Exception {
    List<Probes.Person> people = new ArrayList<>();
    try (BenchDatabase database = broker.database()) {
      for (String user : company.users().subList(0, PROBED)) {
        people.add(
            new Probes.Person(user, database.signedInDevice(user, DirectoryBroker.PROVIDER)));
      }
    }
    return people;
  }

  /** Reads everybody, and every group that was touched. */
  private static long lost(DirectoryBroker broker, Ledger ledger) throws Exception {
    Map<String, String> names = new HashMap<>();
    String cursor = "";
    do {
      JsonNode page =
          DirectoryBroker.good(
              broker.scim(
                  "GET",
                  "/Users?attributes=displayName&count=1000&cursor="
                      + URLEncoder.encode(cursor, StandardCharsets.UTF_8),
                  ""));
      page.path("Resources")
          .forEach(user -> names.put(user.path("id").asText(), user.path("displayName").asText()));
      cursor = page.path("nextCursor").asText("");
    } while (!cursor.isEmpty());
    long lost =
        ledger.names().entrySet().stream()
            .filter(each -> !each.getValue().equals(names.get(each.getKey())))
            .count();
    Map<String, Set<String>> members = new HashMap<>();
    for (Map.Entry<Ledger.Membership, Boolean> each : ledger.memberships().entrySet()) {
      String group = each.getKey().group();
      if (!members.containsKey(group)) {
        members.put(group, members(broker, group));
      }
      boolean is = members.getOrDefault(group, Set.of()).contains(each.getKey().user());
      lost += is == each.getValue() ? 0 : 1;
    }
    return lost;
  }

  private static Set<String> members(DirectoryBroker broker, String group) throws Exception {
    Set<String> members = new HashSet<>();
    DirectoryBroker.good(broker.scim("GET", "/Groups/" + group, ""))
        .path("members")
        .forEach(member -> members.add(member.path("value").asText()));
    return members;
  }
}

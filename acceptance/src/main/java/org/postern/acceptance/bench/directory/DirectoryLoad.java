package org.postern.acceptance.bench.directory;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Changes at a steady pace, as a provider's client sends them: what is not acknowledged is sent
 * again until it is. Times count from the moment at which a change was due, so that whoever makes
 * others wait pays for all of them.
 */
final class DirectoryLoad {
  private static final int CLIENTS = 48;
  private static final long SEED = 7;
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final String PATCH =
      "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[%s]}";

  private final DirectoryBroker broker;
  private final Company company;
  private final Ledger ledger;
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong again = new AtomicLong();

  DirectoryLoad(DirectoryBroker broker, Company company, Ledger ledger) {
    this.broker = broker;
    this.company = company;
    this.ledger = ledger;
  }

  /**
   * What came of it.
   *
   * @param seconds from the first change to the last acknowledgement
   * @param millis of each change, sorted
   */
  record Result(double seconds, List<Double> millis) {
    double rate() {
      return millis.size() / seconds;
    }

    double millisAt(double share) {
      return millis.get((int) Math.min(millis.size() - 1L, Math.round(millis.size() * share)));
    }
  }

  /** How often something was sent again. */
  long sentAgain() {
    return again.get();
  }

  /**
   * Sends so many changes.
   *
   * @param perSecond 0: each client as soon as its last one is acknowledged
   */
  Result run(long changes, int perSecond) throws Exception {
    AtomicLong next = new AtomicLong();
    ConcurrentLinkedQueue<Double> millis = new ConcurrentLinkedQueue<>();
    long start = System.nanoTime();
    List<Future<?>> clients = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CLIENTS; i++) {
        int client = i;
        clients.add(
            threads.submit(() -> {
              Random random = new Random(SEED + client + numbers.get() * CLIENTS);
              for (long n = next.getAndIncrement(); n < changes; n = next.getAndIncrement()) {
                long due =
                    perSecond == 0
                        ? System.nanoTime()
                        : start + n * TimeUnit.SECONDS.toNanos(1) / perSecond;
                for (long left = due - System.nanoTime(); left > 0; ) {
                  LockSupport.parkNanos(left);
                  left = due - System.nanoTime();
                }
                change(client, random);
                millis.add((System.nanoTime() - due) / 1e6);
              }
              return "";
            }));
      }
      for (Future<?> client : clients) {
        client.get();
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Result(seconds, millis.stream().sorted().toList());
  }

  /** Of ten changes seven patch a user, one replaces one, two are of a group's members. */
  private void change(int client, Random random) throws IOException, InterruptedException {
    String user = mine(company.users(), client, random);
    String name = "Name " + numbers.incrementAndGet();
    int kind = random.nextInt(10);
    if (kind < 7) {
      untilDone(
          "PATCH",
          "/Users/" + user,
          PATCH.formatted(
              "{\"op\":\"Replace\",\"path\":\"displayName\",\"value\":\"%s\"}".formatted(name)));
      ledger.named(user, name);
    } else if (kind < 8) {
      untilDone(
          "PUT",
          "/Users/" + user,
          """
          {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%s@example.com",\
          "externalId":"oid-%s","active":true,"displayName":"%s"}\
          """
              .formatted(user, user, name));
      ledger.named(user, name);
    } else {
      boolean joins = kind == 8;
      Ledger.Membership which = new Ledger.Membership(mine(company.groups(), client, random), user);
      move(which, joins);
      ledger.member(which, joins);
    }
  }

  /** Makes a user a member of a group, or no member. */
  void move(Ledger.Membership which, boolean joins) throws IOException, InterruptedException {
    String operation =
        joins
            ? "{\"op\":\"Add\",\"path\":\"members\",\"value\":[{\"value\":\"%s\"}]}"
            : "{\"op\":\"Remove\",\"path\":\"members[value eq \\\"%s\\\"]\"}";
    untilDone(
        "PATCH", "/Groups/" + which.group(), PATCH.formatted(operation.formatted(which.user())));
  }

  private static String mine(List<String> all, int client, Random random) {
    int each = Math.max(1, all.size() / CLIENTS);
    return all.get((random.nextInt(each) * CLIENTS + client) % all.size());
  }

  private void untilDone(String method, String path, String body)
      throws IOException, InterruptedException {
    long limit = System.nanoTime() + Duration.ofMinutes(3).toNanos();
    for (; ; ) {
      try {
        HttpResponse<String> answer = broker.scim(method, path, body);
        if (answer.statusCode() / 100 == 2) {
          return;
        }
        if (answer.statusCode() < 500) {
          throw new IllegalStateException(method + " " + path + ": " + answer.body());
        }
      } catch (IOException away) {
        if (System.nanoTime() > limit) {
          throw away;
        }
      }
      again.incrementAndGet();
      LockSupport.parkNanos(AGAIN_NANOS);
    }
  }
}

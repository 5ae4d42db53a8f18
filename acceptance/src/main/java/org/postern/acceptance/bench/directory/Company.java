package org.postern.acceptance.bench.directory;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Everybody, as the provider first sends them: in bulk, several requests at a time.
 *
 * @param users their ids
 * @param groups their ids; the first user is in many of them
 * @param seconds how long it took
 */
record Company(List<String> users, List<String> groups, double seconds) {
  private static final int AT_ONCE = 8;
  private static final int OPERATIONS = 500;
  private static final int MEMBERS = 10;

  /** How many there are. */
  record Size(int users, int groups, int groupsOfOne) {}

  static Company load(DirectoryBroker broker, Size size) throws IOException, InterruptedException {
    long start = System.nanoTime();
    List<String> users =
        bulk(broker, "/Users", IntStream.range(0, size.users()).mapToObj(Company::user).toList());
    List<String> groups =
        bulk(
            broker,
            "/Groups",
            IntStream.range(0, size.groups()).mapToObj(i -> group(i, users, size)).toList());
    return new Company(users, groups, (System.nanoTime() - start) / 1e9);
  }

  private static String user(int number) {
    return """
    {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"oid-%1$d",\
    "userName":"user-%1$d@example.com","active":true,"displayName":"User %1$d",\
    "name":{"givenName":"User","familyName":"%1$d"},\
    "emails":[{"primary":true,"type":"work","value":"user-%1$d@example.com"}]}\
    """
        .formatted(number);
  }

  private static String group(int number, List<String> users, Size size) {
    List<String> members = new ArrayList<>();
    if (number < size.groupsOfOne()) {
      members.add(users.getFirst());
    }
    for (int i = 1; i < MEMBERS; i++) {
      members.add(users.get((number * MEMBERS + i) % users.size()));
    }
    String list =
        String.join(",", members.stream().distinct().map("{\"value\":\"%s\"}"::formatted).toList());
    return """
    {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"group-%d",\
    "members":[%s]}\
    """
        .formatted(number, list);
  }

  /** Makes resources; their ids, in order. */
  private static List<String> bulk(DirectoryBroker broker, String path, List<String> resources)
      throws IOException, InterruptedException {
    List<String> ids = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      List<Future<List<String>>> parts = new ArrayList<>();
      for (int from = 0; from < resources.size(); from += OPERATIONS) {
        List<String> part = resources.subList(from, Math.min(from + OPERATIONS, resources.size()));
        parts.add(threads.submit(() -> one(broker, path, part)));
      }
      for (Future<List<String>> part : parts) {
        ids.addAll(part.get());
      }
      return ids;
    } catch (ExecutionException e) {
      throw new IOException("the company cannot be loaded", e);
    }
  }

  private static List<String> one(DirectoryBroker broker, String path, List<String> resources)
      throws IOException, InterruptedException {
    List<String> operations = new ArrayList<>();
    for (int i = 0; i < resources.size(); i++) {
      operations.add(
          "{\"method\":\"POST\",\"path\":\"%s\",\"bulkId\":\"b%d\",\"data\":%s}"
              .formatted(path, i, resources.get(i)));
    }
    String request =
        "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"],\"Operations\":["
            + String.join(",", operations)
            + "]}";
    HttpResponse<String> sent = broker.scim("POST", "/Bulk", request);
    while (sent.statusCode() == 429) {
      // The broker takes so many at once and says when to come again.
      long seconds = Long.parseLong(sent.headers().firstValue("Retry-After").orElse("1"));
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
      sent = broker.scim("POST", "/Bulk", request);
    }
    JsonNode answer = DirectoryBroker.good(sent);
    List<String> ids = new ArrayList<>();
    for (JsonNode each : answer.path("Operations")) {
      String location = each.path("location").asText();
      if (!each.path("status").asText().equals("201")) {
        throw new IOException("not made: " + each);
      }
      ids.add(location.substring(location.lastIndexOf('/') + 1));
    }
    return ids;
  }
}

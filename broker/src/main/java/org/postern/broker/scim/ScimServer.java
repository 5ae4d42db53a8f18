package org.postern.broker.scim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.ScimGroups;
import org.postern.policystore.jdbc.ScimUsers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SCIM 2.0 service provider (RFC 7643, 7644, 9865) at {@code /scim/v2/PROVIDER}, one for each
 * identity provider: what one provisions, another neither sees nor changes. Blocking; safe on any
 * thread.
 */
public final class ScimServer {
  private static final Logger LOG = LoggerFactory.getLogger(ScimServer.class);
  private static final String ROOT = "/scim/v2/:provider";
  private static final int ADDRESSES_TRACKED = 4_096;

  /** What the server needs to know of its broker. */
  public record Place(String publicUrl, String brokerId, InstantSource clock, AuditLog audit) {}

  private final ScimStores stores;
  private final ScimLimits limits;
  private final Place place;
  private final ScimGate gate;
  private final TypesCache types;
  private final Heard heard;
  private final AuditBatch audit;
  private final Semaphore bulks;

  /**
   * Over its tables.
   *
   * @param providers names of the configured identity providers
   * @param nanoTime a monotonic clock, nanoseconds
   */
  public ScimServer(
      ScimStores stores,
      Supplier<Set<String>> providers,
      Place place,
      ScimLimits limits,
      LongSupplier nanoTime) {
    this.stores = stores;
    this.limits = limits;
    this.place = place;
    this.bulks = new Semaphore(limits.bulksAtOnce());
    this.audit = new AuditBatch(place.audit());
    this.types = new TypesCache(stores.settings(), limits, place.clock());
    this.heard = new Heard(stores.settings(), place.brokerId(), place.clock());
    this.gate =
        new ScimGate(
            stores.tokens(),
            providers,
            new AddressRate(
                limits.wrongTokensPerMinute(),
                limits.wrongTokensPerMinute(),
                ADDRESSES_TRACKED,
                nanoTime));
  }

  /**
   * The URN of a schema extension that an administrator wants to add.
   *
   * @throws IllegalArgumentException saying what is wrong with the document
   */
  public static String schemaUrn(String document) {
    try {
      return Known.urn(ScimTypes.custom(document));
    } catch (ScimRefusal e) {
      throw new IllegalArgumentException(e.detail(), e);
    }
  }

  /** Writes what was heard; call it every {@link ScimLimits#statusPause}. Blocks. */
  public void writeStatus() {
    heard.write();
  }

  /** Its routes. */
  public List<Route> routes() {
    return List.of(
        get("/ServiceProviderConfig", (call, head) -> call.ok(call.config())),
        get("/Schemas", (call, head) -> call.ok(Discovery.schemas(call.types, call.base))),
        get(
            "/Schemas/:id",
            (call, head) -> call.ok(Discovery.schema(call.types, call.base, id(head)))),
        get(
            "/ResourceTypes",
            (call, head) -> call.ok(Discovery.resourceTypes(call.types, call.base))),
        get(
            "/ResourceTypes/:id",
            (call, head) -> call.ok(Discovery.resourceType(call.types, call.base, id(head)))),
        get("/Users", (call, head) -> call.ok(call.users.list(call.query(head)))),
        get("/Users/:id", ScimServer::user),
        write("POST", "/Users", (call, head, body) -> createUser(call, head, body)),
        write(
            "PUT",
            "/Users/:id",
            (call, head, body) -> {
              ScimUsers.Stored user = call.users.replace(id(head), body, Precondition.of(head));
              return call.shown(200, user, call.query(head));
            }),
        write(
            "PATCH",
            "/Users/:id",
            (call, head, body) -> {
              ScimUsers.Stored user = call.users.patch(id(head), body, Precondition.of(head));
              return call.shown(200, user, call.query(head));
            }),
        delete("/Users/:id", (call, head) -> call.users.delete(id(head), Precondition.of(head))),
        search("/Users/.search", (call, query) -> call.users.list(query)),
        get("/Groups", (call, head) -> call.ok(call.groups.list(call.query(head)))),
        get("/Groups/:id", ScimServer::group),
        write("POST", "/Groups", (call, head, body) -> createGroup(call, head, body)),
        write(
            "PUT",
            "/Groups/:id",
            (call, head, body) -> {
              ScimGroups.Stored group = call.groups.replace(id(head), body, Precondition.of(head));
              return call.shown(200, group, call.query(head));
            }),
        write(
            "PATCH",
            "/Groups/:id",
            (call, head, body) -> {
              ScimGroups.Stored group = call.groups.patch(id(head), body, Precondition.of(head));
              return head.parameter("attributes").isPresent()
                  ? call.shown(200, group, call.query(head))
                  : call.patched(group);
            }),
        delete("/Groups/:id", (call, head) -> call.groups.delete(id(head), Precondition.of(head))),
        search("/Groups/.search", (call, query) -> call.groups.list(query)),
        write("POST", "/Bulk", (call, head, body) -> bulk(call, body)));
  }

  private Reply bulk(ScimCall call, ObjectNode body) {
    if (!bulks.tryAcquire()) {
      ScimRefusal refusal =
          new ScimRefusal(
              429,
              null,
              "%d bulk requests are at work (expected: at most so many at once); send it again"
                  .formatted(limits.bulksAtOnce()));
      return ScimJson.reply(429, ScimJson.error(refusal))
          .with("Retry-After", Long.toString(limits.bulkPause().toSeconds()));
    }
    try {
      return call.ok(new Bulk(call, limits).run(body));
    } finally {
      bulks.release();
    }
  }

  private static String id(Head head) {
    return head.pathParameter("id").orElse("");
  }

  private static Reply user(ScimCall call, Head head) {
    ScimUsers.Stored user = call.users.get(id(head));
    return Precondition.of(head).isKnown(user.version())
        ? ScimJson.empty(304).with("ETag", ScimJson.etag(user.version()))
        : call.shown(200, user, call.query(head));
  }

  private static Reply group(ScimCall call, Head head) {
    ScimGroups.Stored group = call.groups.get(id(head));
    return Precondition.of(head).isKnown(group.version())
        ? ScimJson.empty(304).with("ETag", ScimJson.etag(group.version()))
        : call.shown(200, group, call.query(head));
  }

  private static Reply createUser(ScimCall call, Head head, ObjectNode body) {
    ScimUsers.Stored user = call.users.create(body);
    return call.shown(201, user, call.query(head))
        .with("Location", call.base + "/Users/" + user.id());
  }

  private static Reply createGroup(ScimCall call, Head head, ObjectNode body) {
    ScimGroups.Stored group = call.groups.create(body);
    return call.shown(201, group, call.query(head))
        .with("Location", call.base + "/Groups/" + group.id());
  }

  // -- routes

  private interface Question {
    Reply answer(ScimCall call, Head head);
  }

  private interface Change {
    Reply answer(ScimCall call, Head head, ObjectNode body);
  }

  private interface Removal {
    void run(ScimCall call, Head head);
  }

  private interface Search {
    ObjectNode answer(ScimCall call, ScimQuery query);
  }

  private Route get(String path, Question question) {
    return Route.get(
        ROOT + path, gate, (head, body) -> guard(head, false, call -> question.answer(call, head)));
  }

  private Route write(String method, String path, Change change) {
    return new Route(
        method,
        ROOT + path,
        limits.bodyBytesMax(),
        gate,
        (head, body) -> guard(head, true, call -> change.answer(call, head, ScimJson.parse(body))));
  }

  private Route search(String path, Search search) {
    return Route.post(
        ROOT + path,
        limits.bodyBytesMax(),
        gate,
        (head, body) ->
            guard(
                head,
                false,
                call -> call.ok(search.answer(call, ScimQuery.of(ScimJson.parse(body), limits)))));
  }

  private Route delete(String path, Removal removal) {
    return Route.delete(
        ROOT + path,
        gate,
        (head, body) ->
            guard(
                head,
                true,
                call -> {
                  removal.run(call, head);
                  return ScimJson.empty(204);
                }));
  }

  private static AuditEvent event(Head head, String provider, ScimCall.Noted noted) {
    String kind =
        head.path().contains("/Users")
            ? "user"
            : head.path().contains("/Groups") ? "group" : "bulk";
    String verb =
        switch (head.method()) {
          case "POST" -> "provision";
          case "DELETE" -> "deprovision";
          case String other -> "update";
        };
    return AuditEvent.done(
            new Actor(Actor.Kind.PROVIDER, provider, provider),
            kind + "." + verb,
            kind,
            noted.name().isEmpty() ? id(head) : noted.name())
        .changing(Map.of(), noted.after())
        .in(head.requestId(), head.from().getHostAddress());
  }

  private interface Work {
    Reply run(ScimCall call);
  }

  private Reply guard(Head head, boolean changes, Work work) {
    String provider = head.pathParameter("provider").orElse("");
    try {
      ScimCall call = new ScimCall(stores, limits, provider, place.publicUrl(), types.of(provider));
      Reply reply = work.run(call);
      if (changes && reply.status() != 429) {
        audit.record(event(head, provider, call.noted()));
      }
      heard.request(provider, changes);
      return reply;
    } catch (ScimRefusal e) {
      heard.request(provider, false);
      if (e.status() != 404) {
        // Not found is how clients look whether somebody is there.
        heard.error(provider, head.method() + " " + Text.shown(head.path()) + ": " + e.detail());
        LOG.info("SCIM {} of {} refused: {} {}", head.method(), provider, e.status(), e.detail());
      }
      return ScimJson.reply(e.status(), ScimJson.error(e));
    } catch (RuntimeException e) {
      heard.error(provider, head.method() + " failed in the broker; its log says how");
      LOG.error("SCIM {} of {} failed", head.method(), provider, e);
      return ScimJson.reply(
          500,
          ScimJson.error(
              new ScimRefusal(500, null, "the broker could not do it; nothing was changed")));
    }
  }
}

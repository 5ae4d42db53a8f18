package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Head;
import org.postern.broker.front.HttpsLimits;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.jdbc.Brokers;

/**
 * The administrators' API: policy as code, provisioning keys, who and what is there, and ending it.
 * Every request shows an admin token, which is checked before its body is read. Blocking; safe on
 * any thread.
 */
public final class AdminApi {
  static final int FLOWS_MAX = 1_000;
  private static final int WRONG_TOKENS_PER_MINUTE = 30;
  private static final int ADDRESSES_TRACKED = 4_096;

  private final AdminParts parts;
  private final AdminGate gate;

  /**
   * Over its parts.
   *
   * @param nanoTime a monotonic clock, nanoseconds
   */
  public AdminApi(AdminParts parts, LongSupplier nanoTime) {
    this.parts = parts;
    this.gate =
        new AdminGate(
            parts.tokens(),
            new AddressRate(
                WRONG_TOKENS_PER_MINUTE, WRONG_TOKENS_PER_MINUTE, ADDRESSES_TRACKED, nanoTime));
  }

  /** Its routes. */
  public List<Route> routes(HttpsLimits limits) {
    List<Route> routes = new ArrayList<>();
    routes.addAll(new PolicyRoutes(parts, gate).routes(limits));
    routes.addAll(new KeyRoutes(parts, gate).routes(limits));
    routes.addAll(new PeopleRoutes(parts, gate).routes());
    routes.add(Route.get("/admin/v1/status", gate, this::status));
    routes.add(Route.get("/admin/v1/flows", gate, this::flows));
    return routes;
  }

  private Reply status(Head head, byte[] body) {
    Snapshot snapshot = parts.snapshots().refresh();
    BrokerFacts facts = parts.facts();
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("brokerId", facts.brokerId());
    status.put("trustDomain", facts.trustDomain());
    status.put("address", facts.address());
    status.put("version", facts.version());
    status.put("startedAt", facts.startedAt().toString());
    status.put("policyVersion", snapshot.version());
    status.put("applications", snapshot.configuration().applications().size());
    status.put("rules", snapshot.configuration().rules().size());
    status.put("users", snapshot.identities().users().size());
    status.put("devices", snapshot.identities().devices().size());
    status.put("connectors", snapshot.identities().connectors().size());
    status.put("liveFlows", parts.flows().count());
    status.put("unauthenticatedConnections", facts.strangers().getAsInt());
    status.put("brokers", parts.brokers().live().stream().map(AdminApi::broker).toList());
    return Reply.json(200, status);
  }

  private static Map<String, Object> broker(Brokers.Live live) {
    return Map.of(
        "id", live.id(), "address", live.address(), "leaseUntil", live.leaseUntil().toString());
  }

  private Reply flows(Head head, byte[] body) {
    List<Map<String, Object>> flows = new ArrayList<>();
    for (LiveFlow flow : parts.flows().list(FLOWS_MAX)) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("flowId", flow.flowId());
      line.put("user", flow.user());
      line.put("deviceId", flow.deviceId());
      line.put("application", flow.application());
      line.put("target", flow.target());
      line.put("connectorId", flow.connectorId());
      line.put("decisionId", flow.decisionId());
      line.put("since", flow.since().toString());
      flows.add(line);
    }
    return Reply.json(200, Map.of("count", parts.flows().count(), "items", flows));
  }

  static Reply notFound(String what, String id) {
    return Reply.problem(
        404,
        "not-found",
        "There is no %s %s, or that was done before".formatted(what, shown(id)),
        "List them: postern admin %s list".formatted(what.replace(' ', '-')));
  }

  /** What a caller wrote, cut to a size that fits a message. */
  static String shown(String text) {
    return text.substring(0, Math.min(text.length(), 64));
  }
}

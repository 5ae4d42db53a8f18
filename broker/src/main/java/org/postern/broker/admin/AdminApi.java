package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.HttpsLimits;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.jdbc.Brokers;

/**
 * The administrators' API: its contract, and the code that answers each operation of it. Blocking;
 * safe on any thread.
 */
public final class AdminApi {
  static final int FLOWS_MAX = 100_000;
  private static final int NAMES_SHOWN = 20;

  private final AdminParts parts;
  private final Contract contract = Contract.load();
  private final AdminDoor door;
  private final Pages pages = new Pages(AdminLimits.DEFAULT);
  private final Map<String, Handler> handlers = new HashMap<>();

  /**
   * Over its parts.
   *
   * @param nanoTime a monotonic clock, nanoseconds
   * @throws IllegalStateException when contract and code do not name the same operations
   */
  public AdminApi(AdminParts parts, LongSupplier nanoTime) {
    this.parts = parts;
    AdminLimits limits = AdminLimits.DEFAULT;
    Roles roles = new Roles(contract, parts.administrators().roles());
    this.door = new AdminDoor(parts, roles, limits, nanoTime);
    PolicyEditor editor = new PolicyEditor(parts, contract, limits);
    ImpactDesk impact = new ImpactDesk(parts, limits);
    handlers.putAll(new PolicyHandlers(parts, editor, impact).handlers());
    handlers.putAll(new ObjectHandlers(parts, editor, impact, limits).handlers());
    handlers.putAll(new DiffHandlers(parts, editor, impact).handlers());
    handlers.putAll(new ReachHandlers(parts, editor, impact, limits).handlers());
    handlers.putAll(new ChangeHandlers(parts, editor).handlers());
    AccessHandlers access = new AccessHandlers(parts, roles, limits);
    handlers.putAll(access.handlers());
    handlers.putAll(new AdministratorHandlers(parts, access).handlers());
    handlers.putAll(new TokenEndpoint(parts, roles, limits, nanoTime).handlers());
    handlers.putAll(new AuditHandlers(parts, limits).handlers());
    handlers.putAll(new DecisionHandlers(parts, editor, impact, limits).handlers());
    handlers.putAll(new LintHandlers(parts, editor, limits).handlers());
    handlers.putAll(new ApprovalHandlers(parts, editor).handlers());
    handlers.putAll(new KeyHandlers(parts).handlers());
    handlers.putAll(new PeopleHandlers(parts, limits).handlers());
    handlers.putAll(new RiskHandlers(parts, limits).handlers());
    handlers.putAll(new ScimHandlers(parts).handlers());
    handlers.putAll(new SignalHandlers(parts).handlers());
    handlers.putAll(new PostureHandlers(parts, limits).handlers());
    handlers.putAll(new ProviderHandlers(parts).handlers());
    handlers.put("readContract", call -> Reply.text(200, "application/json", text()));
    handlers.put("readStatus", call -> status());
    handlers.put("listFlows", call -> flows(call, editor));
    complete();
  }

  private void complete() {
    Set<String> named = new TreeSet<>();
    contract.operations().forEach(operation -> named.add(operation.handler()));
    if (!named.equals(new TreeSet<>(handlers.keySet()))) {
      Set<String> surplus = new TreeSet<>(handlers.keySet());
      surplus.removeAll(named);
      named.removeAll(handlers.keySet());
      throw new IllegalStateException(
          "operations without code: %s; code without operation: %s".formatted(named, surplus));
    }
  }

  /** Its routes: the contract's operations and no others. */
  public List<Route> routes(HttpsLimits limits) {
    List<Route> routes = new ArrayList<>();
    for (Contract.Operation operation : contract.operations()) {
      Handler handler = handlers.get(operation.handler());
      if (handler != null) {
        routes.add(door.route(operation, handler, limits));
      }
    }
    return routes;
  }

  private String text() {
    return contract.document().toString();
  }

  private Reply status() {
    Snapshot snapshot = parts.snapshots().refresh();
    BrokerFacts facts = parts.facts();
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("brokerId", facts.brokerId());
    status.put("trustDomain", facts.trustDomain());
    status.put("address", facts.address());
    status.put("version", facts.version());
    status.put("startedAt", facts.startedAt().toString());
    status.put("policyVersion", snapshot.version());
    status.put("configurationVersion", parts.policy().configurationVersion());
    status.put("applications", snapshot.configuration().applications().size());
    status.put("rules", snapshot.configuration().rules().size());
    status.put("users", snapshot.identities().users().size());
    status.put("devices", snapshot.identities().devices().size());
    status.put("connectors", snapshot.identities().connectors().size());
    status.put("liveFlows", parts.flows().count());
    status.put("unauthenticatedConnections", facts.strangers().getAsInt());
    status.put("decisionsForgotten", facts.decisionsForgotten().getAsLong());
    status.put("brokers", parts.brokers().live().stream().map(AdminApi::broker).toList());
    return Reply.json(200, status);
  }

  private static Map<String, Object> broker(Brokers.Live live) {
    return Map.of(
        "id", live.id(), "address", live.address(), "leaseUntil", live.leaseUntil().toString());
  }

  private Reply flows(AdminCall call, PolicyEditor editor) {
    Scope scope = Scope.of(call, editor, parts.snapshots().current().configuration());
    List<Map<String, Object>> flows = new ArrayList<>();
    for (LiveFlow flow : parts.flows().list(FLOWS_MAX)) {
      if (!scope.holdsApplication(flow.application())) {
        continue;
      }
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("key", flow.deviceId() + " " + flow.flowId());
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
    return pages.lines(
        call,
        flows,
        "key",
        Map.of("count", scope.isWhole() ? parts.flows().count() : flows.size()));
  }

  /** What a caller wrote, cut to a size that fits a message. */
  static String shown(String text) {
    return text.substring(0, Math.min(text.length(), 64)).replaceAll("\\p{Cntrl}", "?");
  }

  /** A few of many names. */
  static String some(List<String> names) {
    String more =
        names.size() > NAMES_SHOWN ? " and %d more".formatted(names.size() - NAMES_SHOWN) : "";
    return String.join(", ", names.subList(0, Math.min(names.size(), NAMES_SHOWN))) + more;
  }
}

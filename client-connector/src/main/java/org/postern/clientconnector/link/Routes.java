package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Target;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.lane.Lane;

/**
 * The connectors that this device has lanes to, and for which targets the broker would rather have
 * which of them. Confined to the client's loop.
 */
final class Routes {
  private final Map<String, ConnectorOnDevice> connectors = new HashMap<>();
  private final Map<Target, String> better;

  /** A connector and a lane to it. */
  record Seat(ConnectorOnDevice connector, ByteString lane) {}

  Routes(int targetsRememberedMax) {
    better =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Target, String> eldest) {
            return size() > targetsRememberedMax;
          }
        };
  }

  /** The connector at the end of a lane. */
  ConnectorOnDevice at(Lane lane, FlowDirector director) {
    return connectors.computeIfAbsent(
        lane.peerId(),
        peer -> new ConnectorOnDevice((SpiffeId.ConnectorId) SpiffeId.parse(peer), director));
  }

  List<ConnectorOnDevice> all() {
    return List.copyOf(connectors.values());
  }

  void forgetThoseThatAreOver() {
    connectors.values().removeIf(ConnectorOnDevice::isOver);
  }

  boolean hasSharedLane(String group) {
    return connectors.values().stream()
        .anyMatch(each -> each.group().equals(group) && each.sharedLane() != null);
  }

  /** The broker said whom it would choose for this target; empty: it did not. */
  void prefer(Target target, String connectorId) {
    if (connectorId.isEmpty()) {
      better.remove(target);
    } else {
      better.put(target, connectorId);
    }
  }

  /** Whom the broker would choose for this target, as far as we know. */
  @Nullable String preferred(Target target) {
    return better.get(target);
  }

  /**
   * A lane for the flow: to the connector that the broker prefers, else, at the first attempt, to
   * any that may serve it. Never the lane of the last attempt.
   */
  @Nullable Seat seat(OutFlow flow) {
    String wanted = better.get(flow.target);
    Seat any = null;
    for (ConnectorOnDevice connector : connectors.values()) {
      ByteString lane =
          flow.groups.contains(connector.group()) ? connector.sharedLane(flow.lane) : null;
      if (lane == null) {
        continue;
      }
      if (connector.connectorId().equals(wanted)) {
        return new Seat(connector, lane);
      }
      any = new Seat(connector, lane);
    }
    return flow.attempts == 1 ? any : null;
  }
}

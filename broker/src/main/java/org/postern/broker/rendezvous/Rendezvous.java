package org.postern.broker.rendezvous;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.ReasonCode;

/**
 * Who is linked to this broker right now. Soft state: filled by links, emptied when they end. Safe
 * for any thread.
 */
public final class Rendezvous {
  private final Map<String, DeviceDesk> devices = new ConcurrentHashMap<>();
  private final Map<String, ConnectorDesk> connectors = new ConcurrentHashMap<>();

  /** Puts a device on the map; returns the one that it replaces. */
  public Optional<DeviceDesk> arrive(DeviceDesk device) {
    return Optional.ofNullable(devices.put(device.spiffeId(), device));
  }

  /** Takes a device off the map, if it is still this one. */
  public void leave(DeviceDesk device) {
    devices.remove(device.spiffeId(), device);
  }

  /** The linked device with this SPIFFE id. */
  public Optional<DeviceDesk> device(String spiffeId) {
    return Optional.ofNullable(devices.get(spiffeId));
  }

  /** Every linked device; a live view. */
  public Collection<DeviceDesk> devices() {
    return devices.values();
  }

  /** Puts a connector on the map; returns the one that it replaces. */
  public Optional<ConnectorDesk> arrive(ConnectorDesk connector) {
    return Optional.ofNullable(connectors.put(connector.connectorId(), connector));
  }

  /** Takes a connector off the map, if it is still this one, and tells every device. */
  public void leave(ConnectorDesk connector, ReasonCode reason) {
    if (connectors.remove(connector.connectorId(), connector)) {
      announceGone(connector.connectorId(), reason);
    }
  }

  /** Tells every device that the flows at this connector are over. */
  public void announceGone(String connectorId, ReasonCode reason) {
    for (DeviceDesk device : devices.values()) {
      device.connectorGone(connectorId, reason);
    }
  }

  /** The linked connector with this id. */
  public Optional<ConnectorDesk> connector(String connectorId) {
    return Optional.ofNullable(connectors.get(connectorId));
  }

  /** Every linked connector; a live view. */
  public Collection<ConnectorDesk> connectors() {
    return connectors.values();
  }

  /**
   * Chooses a connector of one of these groups for a target: those that reach it before those that
   * report it down, then one that the device already has a lane to unless it is much busier than
   * the best, then the least busy.
   */
  public Optional<ConnectorDesk> choose(
      List<String> groups, Predicate<ConnectorDesk> reaches, Collection<String> withLane) {
    Optional<ConnectorDesk> reaching = choose(groups, withLane, reaches);
    // Nobody reports the target up: the dial itself gives the true reason.
    return reaching.isPresent() ? reaching : choose(groups, withLane, candidate -> true);
  }

  private Optional<ConnectorDesk> choose(
      List<String> groups, Collection<String> withLane, Predicate<ConnectorDesk> condition) {
    ConnectorDesk best = null;
    ConnectorDesk bestWithLane = null;
    for (ConnectorDesk candidate : connectors.values()) {
      if (!groups.contains(candidate.group()) || !condition.test(candidate)) {
        continue;
      }
      best = lessBusy(best, candidate);
      if (withLane.contains(candidate.connectorId())) {
        bestWithLane = lessBusy(bestWithLane, candidate);
      }
    }
    if (best != null
        && bestWithLane != null
        && bestWithLane.load() <= balanceCeiling(best.load())) {
      return Optional.of(bestWithLane);
    }
    return Optional.ofNullable(best);
  }

  /** A lane is worth more than a small difference in load: making one costs a handshake. */
  static int balanceCeiling(int bestLoad) {
    return 2 * bestLoad + 64;
  }

  /** The least busy connector of these groups, whatever it reaches. */
  public Optional<ConnectorDesk> leastBusyOf(List<String> groups) {
    ConnectorDesk best = null;
    for (ConnectorDesk candidate : connectors.values()) {
      if (groups.contains(candidate.group())) {
        best = lessBusy(best, candidate);
      }
    }
    return Optional.ofNullable(best);
  }

  private static ConnectorDesk lessBusy(@Nullable ConnectorDesk current, ConnectorDesk candidate) {
    return current == null || candidate.load() < current.load() ? candidate : current;
  }
}

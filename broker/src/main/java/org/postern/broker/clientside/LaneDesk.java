package org.postern.broker.clientside;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.broker.rendezvous.LanePairing;

/** The lanes of one device, by id. Confined to the device's loop. */
final class LaneDesk {
  private final Map<ByteString, LanePairing> lanes = HashMap.newHashMap(4);

  /** Flows that demand a lane of their own, by their lane. */
  private final Map<ByteString, Long> reserved = new HashMap<>();

  int size() {
    return lanes.size();
  }

  @Nullable LanePairing get(ByteString laneId) {
    return lanes.get(laneId);
  }

  /** The lane is this flow's alone. */
  void reserve(ByteString laneId, long flowId) {
    reserved.put(laneId, flowId);
  }

  /** Whether the lane is another flow's alone. */
  boolean isReservedFromFlow(ByteString laneId, long flowId) {
    Long owner = reserved.get(laneId);
    return owner != null && owner != flowId;
  }

  void put(LanePairing lane) {
    lanes.put(lane.laneId(), lane);
  }

  void remove(ByteString laneId) {
    lanes.remove(laneId);
    reserved.remove(laneId);
  }

  /** Connectors that the device has a lane to. */
  Set<String> connectorIds() {
    Set<String> ids = HashSet.newHashSet(lanes.size());
    for (LanePairing lane : lanes.values()) {
      ids.add(lane.connector().connectorId());
    }
    return ids;
  }

  List<LanePairing> all() {
    return new ArrayList<>(lanes.values());
  }
}

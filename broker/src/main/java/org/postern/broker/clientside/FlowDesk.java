package org.postern.broker.clientside;

import com.google.protobuf.ByteString;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Transport;

/** The flows of one device, by id. Confined to the device's loop. */
final class FlowDesk {
  /** Flow ids are 32 bits inside a lane. */
  static final long FLOW_ID_MAX = 0xFFFF_FFFFL;

  static final int HOST_LENGTH_MAX = 253;
  static final int PORT_MAX = 65_535;

  private final LongObjectMap<LiveFlow> flows = new LongObjectHashMap<>(4);

  int size() {
    return flows.size();
  }

  @Nullable LiveFlow get(long flowId) {
    return flows.get(flowId);
  }

  void put(LiveFlow flow) {
    flows.put(flow.flowId(), flow);
  }

  @Nullable LiveFlow remove(long flowId) {
    return flows.remove(flowId);
  }

  List<LiveFlow> where(Predicate<LiveFlow> condition) {
    List<LiveFlow> found = new ArrayList<>();
    for (LiveFlow flow : flows.values()) {
      if (condition.test(flow)) {
        found.add(flow);
      }
    }
    return found;
  }

  List<LiveFlow> onLane(ByteString laneId) {
    return where(flow -> flow.laneId.equals(laneId));
  }

  /** Null if the request is well formed, else what is wrong with it. */
  static @Nullable ReasonCode fault(Open open) {
    boolean good =
        open.getFlowId() > 0
            && open.getFlowId() <= FLOW_ID_MAX
            && !open.getHost().isEmpty()
            && open.getHost().length() <= HOST_LENGTH_MAX
            && open.getPort() >= 1
            && open.getPort() <= PORT_MAX
            && (open.getTransport() == Transport.TRANSPORT_TCP
                || open.getTransport() == Transport.TRANSPORT_UDP);
    return good ? null : ReasonCode.PROTOCOL_ERROR;
  }
}

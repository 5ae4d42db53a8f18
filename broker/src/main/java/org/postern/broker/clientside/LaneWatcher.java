package org.postern.broker.clientside;

import com.google.protobuf.ByteString;
import org.postern.broker.rendezvous.LanePairing;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.relay.LaneCounts;

/** Tells a device what became of one of its lanes. */
record LaneWatcher(DeviceOnBroker device, ByteString laneId, long firstFlowId)
    implements LanePairing.Listener {
  @Override
  public void joined() {}

  @Override
  public void failed(ReasonCode reason) {
    device.onLoop(() -> device.laneFailed(laneId, firstFlowId, reason));
  }

  @Override
  public void ended(LaneCounts counts) {
    device.onLoop(() -> device.laneOver(laneId));
  }
}

package org.postern.broker.clientside;

import java.util.concurrent.TimeUnit;
import org.postern.broker.rendezvous.LanePairing;
import org.postern.tunnel.message.ReasonCode;

/** The deadlines of one device's flows: of grants and of cuts. Confined to the device's loop. */
final class FlowSweep {
  private final ClientSide side;
  private final DeviceOnBroker device;
  private final FlowOpening opening;
  private boolean waiting;

  FlowSweep(ClientSide side, DeviceOnBroker device, FlowOpening opening) {
    this.side = side;
    this.device = device;
    this.opening = opening;
  }

  /** Some flow has a deadline. */
  void soon() {
    if (!waiting) {
      waiting = true;
      device
          .loop()
          .schedule(
              this::sweep, side.limits().cutConfirmTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void sweep() {
    waiting = false;
    long now = side.nanoTime();
    for (LiveFlow flow : device.flows().where(each -> each.state != LiveFlow.State.LIVE)) {
      if (now - flow.deadlineNanos < 0) {
        soon();
      } else if (flow.state == LiveFlow.State.CUTTING) {
        notConfirmed(flow);
      } else {
        notAnswered(flow);
      }
    }
  }

  private void notConfirmed(LiveFlow flow) {
    device.drop(flow);
    LanePairing lane = device.lanes().get(flow.laneId);
    if (lane != null) {
      lane.cut(ReasonCode.POLICY_CHANGED, "the connector did not confirm a cut");
    }
  }

  private void notAnswered(LiveFlow flow) {
    if (!device.fallBack(flow)) {
      device.drop(flow);
    }
    opening.refuse(flow.flowId(), ReasonCode.ANSWER_TIMEOUT, flow.decisionId);
  }
}

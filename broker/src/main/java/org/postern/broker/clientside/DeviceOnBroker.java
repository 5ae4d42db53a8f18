package org.postern.broker.clientside;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.postern.broker.access.DeviceAccess;
import org.postern.broker.rendezvous.ConnectorDesk;
import org.postern.broker.rendezvous.DeviceDesk;
import org.postern.broker.rendezvous.LanePairing;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.message.CutDone;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.FlowClosed;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;
import org.postern.tunnel.message.Resolve;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One device on this broker: its flows and lanes, and what policy lets it do. Lives from its first
 * control link until the link has been away for longer than the grace. Confined to {@link #loop};
 * the {@link DeviceDesk} methods hop there.
 */
final class DeviceOnBroker implements DeviceDesk {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceOnBroker.class);

  private final ClientSide side;
  private final EventLoop loop;
  private final SpiffeId.ClientId id;
  private final String spiffeId;
  private final FlowDesk flows = new FlowDesk();
  private final LaneDesk lanes = new LaneDesk();
  private final PlanOnBroker plan;
  private final NameAnswers names;
  private final PostureOnBroker posture;
  private final QuestionsOnBroker questions;
  private final FlowOpening opening;
  private final LaneOpening laneOpening;
  private final ReviewTimer reviews;
  private final FlowSweep sweep;
  private final FlowReview review;
  private DeviceAccess access;
  private ControlLink link;
  private boolean attached = true;

  DeviceOnBroker(ClientSide side, SpiffeId.ClientId id, ControlLink link, DeviceAccess access) {
    this.side = side;
    this.id = id;
    this.link = link;
    this.loop = link.eventLoop();
    this.spiffeId = link.peerId();
    this.access = access;
    this.opening = new FlowOpening(side, this);
    this.laneOpening = new LaneOpening(side, this, opening);
    this.sweep = new FlowSweep(side, this, opening);
    this.review = new FlowReview(side, this, opening);
    this.reviews =
        new ReviewTimer(
            loop, side::clockMillis, side.alarms(), () -> reconsider(side.accessOf(this)));
    this.plan = new PlanOnBroker(this);
    this.posture = new PostureOnBroker(side, this);
    this.questions = new QuestionsOnBroker(side, this);
    this.names = new NameAnswers(side, this);
  }

  @Override
  public String spiffeId() {
    return spiffeId;
  }

  SpiffeId.ClientId id() {
    return id;
  }

  ByteString instance() {
    return link.instance();
  }

  /** Runs a task on the device's loop, at once when already there. */
  void onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  /** The control link is up, for the first time or again. */
  void attach(ControlLink newLink) {
    if (!newLink.equals(link)) {
      link.close(ReasonCode.DEVICE_GONE, "replaced by a newer link of this device");
    }
    link = newLink;
    attached = true;
    plan.attached();
    tellPlan();
    posture.attached();
  }

  /** The control link is lost; true if this was the current one. */
  boolean detach(ControlLink lost) {
    if (!lost.equals(link)) {
      return false;
    }
    attached = false;
    return true;
  }

  boolean attached() {
    return attached;
  }

  EventLoop loop() {
    return loop;
  }

  ControlLink link() {
    return link;
  }

  DeviceAccess access() {
    return access;
  }

  FlowDesk flows() {
    return flows;
  }

  LaneDesk lanes() {
    return lanes;
  }

  void open(Open open) {
    opening.open(open);
  }

  /** A lane request on one of the device's carriers. */
  void laneRequest(BrokerCarrier carrier, LaneRequest request, Consumer<LanePairing> started) {
    laneOpening.laneRequest(carrier, request, started);
  }

  void track(LiveFlow flow) {
    LiveFlow known = flows.get(flow.flowId());
    if (known == null) {
      side.flowCount(1);
    } else {
      flow.before = known.before == null ? known : known.before;
    }
    flows.put(flow);
    reviews.at(access.reviewAt(flow.open.getHost(), flow.open.getPort(), flow.open.getTransport()));
  }

  /** A lane ended or never came to be. */
  void laneOver(ByteString laneId) {
    lanes.remove(laneId);
  }

  /** The lane that a flow was to be the first on never came to be. */
  void laneFailed(ByteString laneId, long firstFlowId, ReasonCode reason) {
    lanes.remove(laneId);
    LiveFlow flow = flows.get(firstFlowId);
    if (flow != null && flow.state == LiveFlow.State.PENDING && !fallBack(flow)) {
      drop(flow);
      opening.refuse(firstFlowId, reason, flow.decisionId);
    }
  }

  /**
   * A resumption came to nothing: the flow may live on where it was, and stays known, or policy
   * could not cut it any more. False for a flow that has no past.
   */
  boolean fallBack(LiveFlow flow) {
    LiveFlow before = flow.before;
    if (before == null) {
      return false;
    }
    flows.put(before);
    return true;
  }

  // -- what connectors say

  @Override
  public void opened(String connectorId, Opened opened) {
    onLoop(() -> {
      LiveFlow flow = flows.get(opened.getFlowId());
      if (flow == null || !flow.connectorId.equals(connectorId)) {
        return;
      }
      if (flow.state == LiveFlow.State.PENDING) {
        flow.state = LiveFlow.State.LIVE;
        flow.before = null;
      }
      String group = side.rendezvous().connector(connectorId).map(ConnectorDesk::group).orElse("");
      link.send(
          Envelope.newBuilder()
              .setOpened(
                  opened.toBuilder()
                      .clearDeviceSpiffeId()
                      .setConnectorId(connectorId)
                      .setConnectorGroup(group)
                      .setDecisionId(flow.decisionId)
                      .setApplicationId(flow.applicationId))
              .build());
    });
  }

  @Override
  public void refused(String connectorId, Refused refused) {
    onLoop(() -> {
      LiveFlow flow = flows.get(refused.getFlowId());
      if (flow == null || !flow.connectorId.equals(connectorId)) {
        return;
      }
      // A lane that did not reach the connector says nothing of the flow: another one may.
      boolean otherLane = refused.getReason() == ReasonCode.GRANT_UNKNOWN_LANE;
      if (!otherLane || !fallBack(flow)) {
        drop(flow);
      }
      link.send(
          Envelope.newBuilder()
              .setRefused(
                  refused.toBuilder()
                      .clearDeviceSpiffeId()
                      .clearConnectorId()
                      .setRetryWithLane(otherLane && refused.getRetryWithLane())
                      .setDecisionId(flow.decisionId))
              .build());
    });
  }

  @Override
  public void cutDone(String connectorId, CutDone done) {
    onLoop(() -> {
      LiveFlow flow = flows.get(done.getFlowId());
      if (flow != null
          && flow.connectorId.equals(connectorId)
          && flow.state == LiveFlow.State.CUTTING) {
        drop(flow);
      }
    });
  }

  @Override
  public void closedByConnector(String connectorId, FlowClosed closed) {
    onLoop(() -> {
      LiveFlow flow = flows.get(closed.getFlowId());
      if (flow != null && flow.connectorId.equals(connectorId)) {
        drop(flow);
      }
    });
  }

  @Override
  public void connectorGone(String connectorId, ReasonCode reason) {
    onLoop(() -> {
      for (LiveFlow flow : flows.where(each -> each.connectorId.equals(connectorId))) {
        drop(flow);
        tellCut(flow, reason, "the app connector is gone");
      }
      for (LanePairing lane : lanes.all()) {
        if (lane.connector().connectorId().equals(connectorId)) {
          lane.cut(reason, "the app connector is gone");
        }
      }
    });
  }

  void closedByDevice(FlowClosed closed) {
    LiveFlow flow = flows.get(closed.getFlowId());
    if (flow != null) {
      drop(flow);
    }
  }

  void drop(LiveFlow flow) {
    if (flows.remove(flow.flowId()) != null) {
      side.flowCount(-1);
    }
  }

  // -- policy

  void resolve(Resolve resolve) {
    names.resolve(resolve);
  }

  /** Decides every live flow again by a new snapshot. */
  void reconsider(DeviceAccess fresh) {
    DeviceAccess before = access;
    access = fresh;
    names.policyChanged();
    for (LiveFlow flow : flows.where(each -> each.state != LiveFlow.State.CUTTING)) {
      review.again(flow, before, fresh).ifPresent(cause -> cut(flow, cause));
    }
    if (attached) {
      tellPlan();
      posture.tell();
    }
    posture.watch();
    access.subjectFault().ifPresent(reason -> leave(reason, "this session is no longer admitted"));
    if (access.subjectFault().isEmpty()) {
      watchLive();
    }
  }

  /** Asks again when the session ends by itself, and when time may change what a flow may do. */
  private void watchLive() {
    reviews.at(access.expiresAt().toEpochMilli());
    for (LiveFlow flow : flows.where(each -> each.state != LiveFlow.State.CUTTING)) {
      reviews.at(
          access.reviewAt(flow.open.getHost(), flow.open.getPort(), flow.open.getTransport()));
    }
  }

  /** Ends everything of this device. */
  void leave(ReasonCode reason, String text) {
    for (LiveFlow flow : flows.where(each -> each.state != LiveFlow.State.CUTTING)) {
      cut(flow, new CutCause(reason, ""));
    }
    for (LanePairing lane : lanes.all()) {
      lane.cut(reason, text);
    }
    link.close(reason, text);
  }

  PostureOnBroker posture() {
    return posture;
  }

  QuestionsOnBroker questions() {
    return questions;
  }

  private void tellPlan() {
    reviews.at(plan.tell(access, side.clockMillis()));
  }

  private void cut(LiveFlow flow, CutCause cause) {
    ReasonCode reason = cause.reason();
    flow.lastDecisionId = opening.decisionThatEnds(flow);
    LOG.info("cut {} {} decision {} {}", spiffeId, flow.target(), flow.lastDecisionId, reason);
    flow.state = LiveFlow.State.CUTTING;
    flow.cutReason = reason;
    flow.deadlineNanos = side.nanoTime() + side.limits().cutConfirmTimeout().toNanos();
    sweepSoon();
    side.rendezvous()
        .connector(flow.connectorId)
        .ifPresent(connector -> connector.cut(side.cutMessage(flow, spiffeId, reason)));
    tellCut(flow, reason, cause.text());
  }

  private void tellCut(LiveFlow flow, ReasonCode reason, String text) {
    link.send(
        Envelope.newBuilder()
            .setCut(side.cutMessage(flow, "", reason).toBuilder().setText(text))
            .build());
  }

  /** Looks after deadlines soon. */
  void sweepSoon() {
    sweep.soon();
  }

  /** A copy for the administrator; blocks a moment, not for event loops. */
  List<FlowLine> describe(int max) {
    CompletableFuture<List<FlowLine>> answer = new CompletableFuture<>();
    onLoop(() ->
        answer.complete(
            flows.where(flow -> true).stream()
                .limit(max)
                .map(flow -> FlowLine.of(id, flow))
                .toList()));
    return answer.completeOnTimeout(List.of(), 2, TimeUnit.SECONDS).join();
  }
}

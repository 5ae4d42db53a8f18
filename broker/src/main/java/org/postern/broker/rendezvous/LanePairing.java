package org.postern.broker.rendezvous;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.relay.JoinedLane;
import org.postern.tunnel.relay.LaneCounts;
import org.postern.tunnel.relay.LaneRelay;
import org.postern.tunnel.relay.RelayListener;

/**
 * One lane from the device's request to its end.
 *
 * <pre>
 * ASKED -- carrier taken --> OFFERED -- LaneAnswer --> JOINED -- either end closes --> ENDED
 *   |                           |
 *   +-- no carrier -------------+-- refused, lost, timeout --> ENDED
 * </pre>
 *
 * Confined to the event loop of the device's carrier, to which the connector's carrier is moved;
 * {@link #cut} may be called by any thread.
 */
public final class LanePairing {
  private enum State {
    ASKED,
    OFFERED,
    JOINED,
    ENDED
  }

  private final BrokerCarrier device;
  private final LaneRequest request;
  private final ConnectorDesk connector;
  private final RendezvousLimits limits;
  private final LaneRelay relay;
  private final Listener listener;
  private final EventLoop loop;
  private State state = State.ASKED;
  private @Nullable OfferDesk offered;
  private @Nullable JoinedLane joined;
  private @Nullable Future<?> deadline;

  /**
   * What every pairing works with.
   *
   * @param bulkLoops for lanes of one flow that moves much, so that small ones do not wait for it
   */
  public record Means(RendezvousLimits limits, LaneRelay relay, EventLoopGroup bulkLoops) {}

  /** What becomes of a lane. Called on any event loop. */
  public interface Listener {
    /** The two ends talk to each other now. */
    void joined();

    /** The lane never came to be; the device has been told. */
    void failed(ReasonCode reason);

    /** The lane ended. */
    void ended(LaneCounts counts);
  }

  private LanePairing(
      BrokerCarrier device,
      LaneRequest request,
      ConnectorDesk connector,
      Means means,
      Listener listener) {
    this.device = device;
    this.request = request;
    this.connector = connector;
    this.limits = means.limits();
    this.relay = means.relay();
    this.listener = listener;
    this.loop = isForBulk(request) ? means.bulkLoops().next() : device.eventLoop();
  }

  /** Starts pairing; callable by any thread. */
  public static LanePairing start(
      BrokerCarrier device,
      LaneRequest request,
      ConnectorDesk connector,
      Means means,
      Listener listener) {
    LanePairing pairing = new LanePairing(device, request, connector, means, listener);
    pairing.takeCarrier();
    return pairing;
  }

  private static boolean isForBulk(LaneRequest request) {
    return request.getOpen().getResume() && request.getOpen().getAlone();
  }

  private void takeCarrier() {
    if (device.eventLoop().equals(loop)) {
      connector.takeCarrier(loop, taker());
      return;
    }
    device
        .moveTo(loop)
        .addListener(moved ->
            loop.execute(() -> {
              if (moved.isSuccess()) {
                connector.takeCarrier(loop, taker());
              } else {
                fail(ReasonCode.DEVICE_GONE, "the device's connection ended");
              }
            }));
  }

  /** The lane's id, as the device chose it. */
  public ByteString laneId() {
    return request.getLaneId();
  }

  /** The connector at its other end. */
  public ConnectorDesk connector() {
    return connector;
  }

  /** Ends the lane, whatever state it is in. */
  public void cut(ReasonCode reason, String text) {
    loop.execute(() -> onCut(reason, text));
  }

  private CarrierTaker taker() {
    return new CarrierTaker() {
      @Override
      public void taken(OfferDesk carrier) {
        moveAndOffer(carrier);
      }

      @Override
      public void none() {
        loop.execute(
            () -> fail(ReasonCode.NO_CARRIER, "the connector has no free connection; try again"));
      }
    };
  }

  private void moveAndOffer(OfferDesk desk) {
    if (desk.carrier().eventLoop().equals(loop)) {
      loop.execute(() -> onTaken(desk));
      return;
    }
    desk.carrier()
        .moveTo(loop)
        .addListener(moved ->
            loop.execute(() -> {
              if (moved.isSuccess()) {
                onTaken(desk);
              } else {
                fail(ReasonCode.NO_CARRIER, "the connector's connection ended; try again");
              }
            }));
  }

  private void onTaken(OfferDesk desk) {
    if (state != State.ASKED || !device.isOpen()) {
      desk.carrier().close(ReasonCode.DEVICE_GONE, "the device gave up the lane");
      fail(ReasonCode.DEVICE_GONE, "the device gave up the lane");
      return;
    }
    state = State.OFFERED;
    offered = desk;
    deadline =
        loop.schedule(
            () -> fail(ReasonCode.ANSWER_TIMEOUT, "the connector did not answer in time"),
            limits.laneAnswerTimeout().toMillis(),
            TimeUnit.MILLISECONDS);
    desk.offer(
        LaneOffer.newBuilder()
            .setLaneId(request.getLaneId())
            .setClientHello(request.getClientHello())
            .setDeviceSpiffeId(device.peerId())
            .build(),
        offerListener());
  }

  private OfferDesk.Listener offerListener() {
    return new OfferDesk.Listener() {
      @Override
      public void answered(LaneAnswer answer) {
        loop.execute(() -> onAnswer(answer));
      }

      @Override
      public void refused(LaneRefused refused) {
        loop.execute(() -> fail(refused.getReason(), refused.getText()));
      }

      @Override
      public void lost() {
        loop.execute(() -> fail(ReasonCode.CONNECTOR_GONE, "the connector's connection ended"));
      }
    };
  }

  private void onAnswer(LaneAnswer answer) {
    OfferDesk desk = offered;
    if (state != State.OFFERED || desk == null) {
      return;
    }
    if (!answer.getLaneId().equals(request.getLaneId())) {
      fail(ReasonCode.PROTOCOL_ERROR, "the connector answered another lane");
      return;
    }
    cancelDeadline();
    state = State.JOINED;
    joined = relay.join(device, desk.carrier(), answer, relayListener());
  }

  private RelayListener relayListener() {
    return new RelayListener() {
      @Override
      public void onJoined(JoinedLane lane) {
        listener.joined();
      }

      @Override
      public void onClosed(JoinedLane lane, LaneCounts counts, ReasonCode reason) {
        state = State.ENDED;
        listener.ended(counts);
      }
    };
  }

  private void onCut(ReasonCode reason, String text) {
    switch (state) {
      case ASKED, OFFERED -> fail(reason, text);
      case JOINED -> {
        if (joined != null) {
          joined.close(reason);
        }
      }
      case ENDED -> {}
    }
  }

  /** The device's carrier ended before the lane was joined. */
  public void deviceCarrierLost() {
    loop.execute(() -> fail(ReasonCode.DEVICE_GONE, "the device's connection ended"));
  }

  private void fail(ReasonCode reason, String text) {
    if (state == State.JOINED || state == State.ENDED) {
      return;
    }
    state = State.ENDED;
    cancelDeadline();
    device.refuse(
        LaneRefused.newBuilder()
            .setLaneId(request.getLaneId())
            .setReason(reason)
            .setText(text)
            .build());
    if (offered != null) {
      offered.carrier().close(reason, text);
    }
    listener.failed(reason);
  }

  private void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }
}

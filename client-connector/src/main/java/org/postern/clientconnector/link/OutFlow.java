package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Transport;

/**
 * One flow that a local program opened. Confined to the client's loop.
 *
 * <pre>
 * ASKED --lane there--> ON_LANE --Opened--> OPEN --> ENDED
 *   |  ^                  |
 *   |  +-- Refused: retry +
 *   +------ Refused ------+--> ENDED
 * </pre>
 *
 * A retry has another flow id: what is still under way to or from the first lane means nothing any
 * more, at either end.
 */
final class OutFlow {
  enum State {
    ASKED,
    ON_LANE,
    OPEN,
    ENDED
  }

  /** The local end. */
  sealed interface Local {
    /** A TCP connection. */
    record Tcp(Channel channel, ConnectListener listener) implements Local {}

    /** A UDP association. */
    record Udp(WaitingAssociation end) implements Local {}
  }

  long id;
  final Target target;
  final Local local;
  final long startedMillis;
  State state = State.ASKED;
  boolean ownLane;
  Set<String> groups = Set.of();
  int attempts = 1;

  /** The lane that the last attempt was on. */
  @Nullable ByteString lane;

  @Nullable ConnectorOnDevice connector;
  @Nullable Opened opened;
  @Nullable Future<?> deadline;
  String decisionId = "";

  OutFlow(long id, Target target, Local local, long startedMillis) {
    this.id = id;
    this.target = target;
    this.local = local;
    this.startedMillis = startedMillis;
  }

  Transport transport() {
    return switch (local) {
      case Local.Tcp tcp -> Transport.TRANSPORT_TCP;
      case Local.Udp udp -> Transport.TRANSPORT_UDP;
    };
  }

  Open openMessage(ByteString laneId) {
    return Open.newBuilder()
        .setFlowId(id)
        .setHost(target.host())
        .setPort(target.port())
        .setTransport(transport())
        .setLaneId(laneId)
        .build();
  }

  Open resumeMessage(ByteString laneId, String connectorId) {
    return openMessage(laneId).toBuilder().setResume(true).setConnectorId(connectorId).build();
  }

  /** The same, for a lane that no other flow will be put onto. */
  Open moveMessage(String connectorId, boolean alone) {
    return resumeMessage(ByteString.EMPTY, connectorId).toBuilder().setAlone(alone).build();
  }

  /** Starts over, as another flow. */
  void again(long newId) {
    id = newId;
    attempts++;
    state = State.ASKED;
    connector = null;
    opened = null;
  }

  void opened() {
    state = State.OPEN;
    if (local instanceof Local.Udp udp) {
      udp.end().opened();
    }
    stopWaiting();
  }

  void ended() {
    state = State.ENDED;
    stopWaiting();
  }

  private void stopWaiting() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  /** The program learns why a flow that was open ended. */
  void broken(ReasonCode reason, String text) {
    if (local instanceof Local.Tcp tcp) {
      tcp.listener().onBroken(reason, text);
    }
  }

  /** The program learns that the flow was refused; its channel is its own again. */
  void refuse(ReasonCode reason, String text) {
    ended();
    switch (local) {
      case Local.Tcp tcp -> tcp.listener().onRefused(reason, text);
      case Local.Udp udp -> udp.end().onClosed(reason);
    }
  }
}

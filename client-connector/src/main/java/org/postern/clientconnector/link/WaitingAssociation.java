package org.postern.clientconnector.link;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Association;
import org.postern.tunnel.lane.DatagramEnd;
import org.postern.tunnel.lane.Flow;
import org.postern.tunnel.message.ReasonCode;

/**
 * A UDP association from the program's first datagram on; what comes before the lane is there
 * waits, up to a number, and is dropped beyond it as a network does. Confined to the client's loop.
 */
final class WaitingAssociation implements Association, DatagramEnd {
  private final int waitingMax;
  private final org.postern.clientconnector.local.DatagramEnd local;
  private final Deque<ByteBuf> waiting = new ArrayDeque<>();
  private @Nullable OutFlow out;
  private @Nullable FlowDirector director;
  private boolean closed;
  private boolean withdrawn;

  /** Copies of what left before the flow was let in: a retry sends them again. */
  private final Deque<ByteBuf> early = new ArrayDeque<>();

  WaitingAssociation(int waitingMax, org.postern.clientconnector.local.DatagramEnd local) {
    this.waitingMax = waitingMax;
    this.local = local;
  }

  void belongsTo(OutFlow flow, FlowDirector owner) {
    out = flow;
    director = owner;
  }

  @Override
  public void send(ByteBuf payload) {
    Flow flow = flow();
    if (flow != null) {
      drain(flow);
      leave(flow, payload);
    } else if (closed || waiting.size() >= waitingMax) {
      payload.release();
    } else {
      waiting.add(payload);
    }
  }

  /** The lane is there: what waited may leave. */
  void placed() {
    Flow flow = flow();
    if (flow != null) {
      drain(flow);
    }
  }

  private void drain(Flow flow) {
    for (ByteBuf each = waiting.poll(); each != null; each = waiting.poll()) {
      leave(flow, each);
    }
  }

  private void leave(Flow flow, ByteBuf payload) {
    if (out != null && out.state != OutFlow.State.OPEN && early.size() < waitingMax) {
      early.add(payload.retainedDuplicate());
    }
    flow.sendDatagram(payload);
  }

  /** The flow was let in: nothing will be sent again. */
  void opened() {
    early.forEach(ByteBuf::release);
    early.clear();
  }

  /** The flow is about to be taken off its lane, for another attempt. */
  void withdraw() {
    withdrawn = true;
  }

  /** It is off its lane: what left waits again. Or it stays there. */
  void withdrawn(boolean done) {
    withdrawn = false;
    if (done) {
      waiting.addAll(early);
      early.clear();
    }
  }

  private @Nullable Flow flow() {
    OutFlow current = out;
    ConnectorOnDevice connector = current == null ? null : current.connector;
    return connector == null || current == null ? null : connector.endpoint().flow(current.id);
  }

  @Override
  public void close() {
    OutFlow current = out;
    if (director != null && current != null) {
      director.closeByProgram(current);
    }
  }

  @Override
  public void onDatagram(ByteBuf datagram) {
    local.onDatagram(datagram);
  }

  @Override
  public void onClosed(ReasonCode reason) {
    if (!closed && !withdrawn) {
      closed = true;
      opened();
      waiting.forEach(ByteBuf::release);
      waiting.clear();
      local.onClosed(reason, Reasons.sentence(reason));
    }
  }
}

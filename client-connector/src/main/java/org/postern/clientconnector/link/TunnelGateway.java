package org.postern.clientconnector.link;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Association;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.DatagramEnd;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.PortRange;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Resolved;

/** The way into the tunnel, over the control link and the lanes. Confined to the client's loop. */
final class TunnelGateway implements Gateway {
  private final EventLoop loop;
  private final LinkLimits limits;
  private final Resolutions resolutions;
  private final FlowDirector director;
  private final LongSupplier clockMillis;
  private @Nullable Consumer<Envelope> link;
  private OwnedNames names = OwnedNames.NONE;

  TunnelGateway(
      EventLoop loop,
      LinkLimits limits,
      Resolutions resolutions,
      FlowDirector director,
      LongSupplier clockMillis) {
    this.loop = loop;
    this.limits = limits;
    this.resolutions = resolutions;
    this.director = director;
    this.clockMillis = clockMillis;
  }

  /** The control link is up, or (null) down. */
  void link(@Nullable Consumer<Envelope> current) {
    link = current;
    if (current == null) {
      resolutions.failAll("the control link to the broker is down");
    }
  }

  /** Other names are ours from now on. */
  void names(OwnedNames current) {
    names = current;
  }

  @Override
  public Future<Resolution> resolve(String host) {
    Promise<Resolution> answer = loop.newPromise();
    resolved(
        host,
        resolved -> answer.setSuccess(resolution(resolved)),
        text -> answer.setSuccess(new Resolution.Unavailable(text)));
    return answer;
  }

  private void resolved(String host, Consumer<Resolved> then, Consumer<String> otherwise) {
    Resolved known = resolutions.recall(host);
    if (known != null) {
      then.accept(known);
      return;
    }
    Consumer<Envelope> current = link;
    if (current == null) {
      otherwise.accept("no connection to the broker; see 'postern status'");
      return;
    }
    resolutions
        .ask(host, current)
        .addListener((Future<Resolved> asked) -> {
          if (asked.isSuccess()) {
            then.accept(asked.getNow());
          } else {
            otherwise.accept(String.valueOf(asked.cause().getMessage()));
          }
        });
  }

  private Resolution resolution(Resolved answer) {
    if (answer.getBypassed()) {
      return new Resolution.Bypassed(answer.getPolicyVersion());
    }
    if (!answer.getPermitted()) {
      return new Resolution.Unknown(answer.getPolicyVersion());
    }
    if (!answer.getLanePerFlow()) {
      answer.getConnectorGroupsList().stream().limit(1).forEach(director::warm);
    }
    return new Resolution.Permitted(
        ranges(answer.getTcpList()), ranges(answer.getUdpList()), answer.getPolicyVersion());
  }

  private static List<PortRange> ranges(List<org.postern.tunnel.message.PortRange> wire) {
    return wire.stream().map(range -> new PortRange(range.getLow(), range.getHigh())).toList();
  }

  @Override
  public void connect(Target target, Channel local, ConnectListener listener) {
    if (names.bypasses(target.host())) {
      // Known without asking, and therefore also when there is nobody to ask.
      DirectDial.start(loop, target, local, listener);
      return;
    }
    start(target, new OutFlow.Local.Tcp(local, listener));
  }

  @Override
  public Association associate(Target target, DatagramEnd local) {
    WaitingAssociation association = new WaitingAssociation(limits.datagramsWaitingMax(), local);
    OutFlow flow = start(target, new OutFlow.Local.Udp(association));
    association.belongsTo(flow, director);
    return association;
  }

  private OutFlow start(Target target, OutFlow.Local local) {
    OutFlow flow = new OutFlow(director.newFlowId(), target, local, clockMillis.getAsLong());
    resolved(
        target.host(),
        answer -> {
          if (answer.getPermitted()) {
            director.open(
                flow, new HashSet<>(answer.getConnectorGroupsList()), answer.getLanePerFlow());
          } else if (answer.getBypassed()
              && local instanceof OutFlow.Local.Tcp(Channel channel, ConnectListener listener)) {
            DirectDial.start(loop, target, channel, listener);
          } else {
            flow.refuse(ReasonCode.POLICY_NO_RULE, Reasons.sentence(ReasonCode.POLICY_NO_RULE));
          }
        },
        text -> flow.refuse(ReasonCode.LANE_LOST, text));
    return flow;
  }
}

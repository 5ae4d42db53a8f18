package org.postern.appconnector.link;

import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.upstream.AddressExceptions;
import org.postern.appconnector.upstream.DialOutcome;
import org.postern.appconnector.upstream.DialTarget;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Obligations;
import org.postern.tunnel.message.Server;
import org.postern.tunnel.message.Transport;

/**
 * What the connector remembers about one flow, from its grant to its end. Confined to the device's
 * event loop.
 *
 * <pre>
 *   DIALLING --connected--> OPEN --closed or cut--> (gone: FlowClosed)
 *   DIALLING --dial failed, cut, reset by the device--> (gone: Refused)
 * </pre>
 */
final class GrantedFlow {
  /** The grant under which it lives now; a resumption brings a new one. */
  Grant grant;

  boolean open;
  @Nullable Future<DialOutcome> dial;

  GrantedFlow(Grant grant) {
    this.grant = grant;
  }

  /**
   * Whether a grant to resume is for what this flow was let in to. The device names the target
   * again, and policy judged what it named: another target must not bring this flow back.
   */
  boolean isFor(Grant resumption) {
    return grant.getApplicationId().equals(resumption.getApplicationId())
        && grant.getHost().equals(resumption.getHost())
        && grant.getPort() == resumption.getPort()
        && grant.getTransport() == resumption.getTransport();
  }

  /** What may be dialled for it. */
  List<DialTarget> targets() {
    Obligations obligations = grant.getObligations();
    AddressExceptions exceptions =
        new AddressExceptions(obligations.getAllowLoopback(), obligations.getAllowLinkLocal());
    List<DialTarget> targets = new ArrayList<>();
    for (Server server : grant.getServersList()) {
      int port = server.getPort() == 0 ? grant.getPort() : server.getPort();
      targets.add(new DialTarget(server.getHost(), port, exceptions));
    }
    if (!grant.getServersOnly()) {
      targets.add(new DialTarget(grant.getHost(), grant.getPort(), exceptions));
    }
    return targets;
  }

  boolean isUdp() {
    return grant.getTransport() == Transport.TRANSPORT_UDP;
  }
}

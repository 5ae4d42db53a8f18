package org.postern.appconnector.link;

import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.upstream.DialOutcome;
import org.postern.tunnel.message.Grant;
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

  boolean isUdp() {
    return grant.getTransport() == Transport.TRANSPORT_UDP;
  }
}

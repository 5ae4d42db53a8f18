package org.postern.appconnector.upstream;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import org.postern.tunnel.message.ReasonCode;

/** What came of a dial. */
public sealed interface DialOutcome {

  /**
   * There is a connection. The channel belongs to the receiver from now on: it reads nothing until
   * told to, keeps its other half open when the application ends its own, and lives on the event
   * loop of the {@link Upstream} that dialled it.
   *
   * @param channel active, without a handler of ours
   * @param address that was dialled, after the address check
   * @param micros from the start of the dial (name look-up included) to the connection
   */
  record Connected(Channel channel, InetSocketAddress address, long micros)
      implements DialOutcome {}

  /**
   * There is none.
   *
   * @param reason for the peer
   * @param text for a person
   */
  record Failed(ReasonCode reason, String text) implements DialOutcome {}
}

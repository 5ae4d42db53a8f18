package org.postern.clientconnector.local;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The way into the tunnel, as the local doors see it: one implementation over the control link and
 * the lanes, one fake in tests.
 *
 * <p>Every method is called on, and every callback arrives on, the one event loop that all local
 * channels are registered on. Nothing here blocks.
 */
public interface Gateway {

  /**
   * Asks the broker whether this name may be reached. The future never fails: a missing broker is
   * {@link Resolution.Unavailable}. The answer for a forbidden name and for one that does not exist
   * is the same {@link Resolution.Unknown}.
   *
   * @param host lower case, without a trailing dot, at most 253 characters; or an IPv4 literal
   */
  Future<Resolution> resolve(String host);

  /**
   * Opens a TCP flow and joins it to a local channel.
   *
   * <p>The channel is handed over registered, active, with auto-read off, half closure allowed and
   * no handler that changes bytes. The gateway adds its own handler at the tail and reads when it
   * likes, also before the flow is open (early data). Exactly one callback of the listener follows:
   *
   * <ul>
   *   <li>{@link ConnectListener#onOpened()} before the gateway writes the first byte to the
   *       channel; it owns the channel from then on and closes it at the end of the flow.
   *   <li>{@link ConnectListener#onRefused}: the gateway takes its handler off and forgets the
   *       channel; the caller tells the program and closes it.
   * </ul>
   *
   * A channel that the program closes first needs no callback.
   */
  void connect(Target target, Channel local, ConnectListener listener);

  /**
   * Opens a UDP association. Datagrams may be sent at once; the gateway keeps a bounded number
   * until the association is open and drops the rest, as a network does.
   *
   * @return the sending side; {@link DatagramEnd#onClosed} is called once at its end, whoever ends
   *     it
   */
  Association associate(Target target, DatagramEnd local);

  /**
   * The name that an address of ours stands for on this device.
   *
   * @param host a name, or a literal address
   * @return the name behind a synthetic address or its twin; what was asked when it is neither;
   *     null for an address of ours that stands for nothing now
   */
  default @Nullable String hostBehind(String host) {
    return host;
  }
}

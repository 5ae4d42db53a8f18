package org.postern.clientconnector.local.control;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.Target;

/**
 * What the local command line may ask of the running client connector; called on the event loop.
 */
public interface ControlHandler {

  /**
   * The state of everything.
   *
   * @return one line of JSON; a failed future becomes an error line with the exception's message
   */
  Future<String> status();

  /**
   * Asks the process to stop. The answer is written before the process does.
   *
   * @return one line of JSON
   */
  Future<String> down();

  /** Opens a flow for {@code postern connect}; the contract is that of {@code Gateway.connect}. */
  void connect(Target target, Channel local, ConnectListener listener);
}

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

  /**
   * A question to the broker: {@code why}, {@code request} or {@code requests}.
   *
   * @param arguments what stands behind the verb, separated by spaces
   * @return one line of JSON
   */
  Future<String> ask(String verb, String arguments);

  /** Opens a flow for {@code postern connect}; the contract is that of {@code Gateway.connect}. */
  void connect(Target target, Channel local, ConnectListener listener);
}

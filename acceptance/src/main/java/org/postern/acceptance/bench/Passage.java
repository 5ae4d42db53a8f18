package org.postern.acceptance.bench;

import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;

/**
 * As {@link Contender}, between namespaces: lets programs in {@link Room#USER} reach programs
 * elsewhere.
 */
public interface Passage {
  /** The port that the server of the load listens on, on every address of its room. */
  int SERVER_PORT = 5201;

  /** As in figures: lower case, no spaces, no dots. */
  String label();

  /** Brings it up; what it starts belongs to the run or to the networks. */
  Entrance open(BenchRun run, NetworkNamespaces networks) throws Exception;

  /**
   * What to dial in the user's room, and where that leads.
   *
   * @param host a name or an address
   * @param serverRoom where the server has to listen on {@link #SERVER_PORT}
   */
  record Entrance(String host, int port, Room serverRoom) {}
}

package org.postern.acceptance.bench;

import java.util.Collection;
import java.util.List;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;

/**
 * As {@link Contender}, between namespaces: lets programs in {@link Room#USER} reach programs
 * elsewhere.
 */
public interface Passage {
  /** The port that the server of the bulk load listens on, on every address of its room. */
  int SERVER_PORT = 5201;

  /** The port beside it, for small questions. */
  int ASK_PORT = 5202;

  /** As in figures: lower case, no spaces, no dots. */
  String label();

  /** Brings it up; what it starts belongs to the run or to the networks. */
  Entrance open(BenchRun run, NetworkNamespaces networks) throws Exception;

  /** The processes at both of its ends, once it is open; empty when they are not looked at. */
  default Collection<Long> ends() {
    return List.of();
  }

  /** The processes between them, once it is open; empty when they are not looked at. */
  default Collection<Long> middle() {
    return List.of();
  }

  /**
   * What to dial in the user's room, and where that leads.
   *
   * @param host a name or an address
   * @param port leads to {@link #SERVER_PORT}
   * @param askPort leads to {@link #ASK_PORT}
   * @param serverRoom where the server has to listen
   */
  record Entrance(String host, int port, int askPort, Room serverRoom) {}
}

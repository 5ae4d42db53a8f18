package org.postern.acceptance.bench.peer;

import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Passage;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;

/** The bare link between two namespaces: what the machine can do at best. */
public final class Veth implements Passage {
  @Override
  public String label() {
    return "veth";
  }

  @Override
  public Entrance open(BenchRun run, NetworkNamespaces networks) {
    return new Entrance(Room.CLOUD.address(), SERVER_PORT, ASK_PORT, Room.CLOUD);
  }
}

package org.postern.acceptance.bench.subject;

import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Passage;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;

/**
 * Postern between rooms: a private name, a synthetic address, TUN on the device, an application in
 * a VPC.
 */
public final class PosternPassage implements Passage {
  private static final String APPLICATION = "load.bench.internal";

  @Override
  public String label() {
    return PosternContender.LABEL;
  }

  @Override
  public Entrance open(BenchRun run, NetworkNamespaces networks) throws Exception {
    Cast.inRooms(run, networks, APPLICATION);
    return new Entrance(APPLICATION, SERVER_PORT, ASK_PORT, Room.VPC_A);
  }
}

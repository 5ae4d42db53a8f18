package org.postern.acceptance.bench.subject;

import java.util.Collection;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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

  private @Nullable Cast cast;

  @Override
  public String label() {
    return PosternContender.LABEL;
  }

  @Override
  public Entrance open(BenchRun run, NetworkNamespaces networks) throws Exception {
    cast = Cast.inRooms(run, networks, APPLICATION);
    return new Entrance(APPLICATION, SERVER_PORT, ASK_PORT, Room.VPC_A);
  }

  /** Client connector and app connector. */
  @Override
  public Collection<Long> ends() {
    Cast all = Objects.requireNonNull(cast, "not open");
    return Stream.concat(all.clientPids().stream(), all.connectorPids().stream()).toList();
  }

  /** The broker, without its database. */
  @Override
  public Collection<Long> middle() {
    return Objects.requireNonNull(cast, "not open").brokerPids();
  }
}

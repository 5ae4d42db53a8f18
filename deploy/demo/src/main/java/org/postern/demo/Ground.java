package org.postern.demo;

import java.nio.file.Path;
import java.util.List;

/** What the demonstration stands on: three networks, or one machine's loopback. */
interface Ground extends AutoCloseable {

  /** In plain words. */
  String words();

  /** Who lives where. */
  Layout layout();

  /** Whether the rooms are networks of their own; else everything is on loopback. */
  boolean apart();

  /** The command line that runs a command inside a room. */
  List<String> in(Room room, List<String> command);

  /** How a person enters a room from another terminal; ends with a space. */
  String prefix(Room room);

  /** A room's file as seen from here. */
  Path file(Room room, String path);

  @Override
  void close();
}

package org.postern.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;

/** No networks of their own: everything on loopback, and applications reached through SOCKS. */
final class LoopbackGround implements Ground {
  private final String why;
  private final Layout layout = Layout.loopback(LoopbackGround::freePort);

  LoopbackGround(String why) {
    this.why = why;
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on loopback", e);
    }
  }

  @Override
  public String words() {
    return "everything on loopback, because "
        + why
        + ". Applications are reached through the"
        + " SOCKS5 proxy of the client connector; what needs networks of their own is not proven.";
  }

  @Override
  public Layout layout() {
    return layout;
  }

  @Override
  public boolean apart() {
    return false;
  }

  @Override
  public List<String> in(Room room, List<String> command) {
    return command;
  }

  @Override
  public String prefix(Room room) {
    return "";
  }

  @Override
  public Path file(Room room, String path) {
    return Path.of(path);
  }

  @Override
  public void close() {}
}

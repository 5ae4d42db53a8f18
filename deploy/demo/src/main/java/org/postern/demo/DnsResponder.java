package org.postern.demo;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;

/** A name server for a handful of names; every other name does not exist. */
final class DnsResponder {
  private static final int MESSAGE_BYTES_MAX = 1232;

  private final Map<String, String> names;

  DnsResponder(Map<String, String> names) {
    this.names = Map.copyOf(names);
  }

  /** Answers on that address until the process ends. */
  void serve(Layout.Door door) throws IOException {
    DatagramSocket socket =
        new DatagramSocket(
            new InetSocketAddress(InetAddress.ofLiteral(door.address()), door.port()));
    Thread.ofPlatform().name("dns").daemon(true).start(() -> answerAll(socket));
  }

  private void answerAll(DatagramSocket socket) {
    byte[] buffer = new byte[MESSAGE_BYTES_MAX];
    while (!socket.isClosed()) {
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      try {
        socket.receive(packet);
        byte[] answer = answer(Arrays.copyOf(buffer, packet.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        System.err.println("dns: " + e.getMessage());
      }
    }
  }

  byte[] answer(byte[] query) throws IOException {
    String address = names.get(DnsMessage.question(query).name());
    return DnsMessage.answer(
        query,
        address != null,
        address == null ? new byte[0] : InetAddress.ofLiteral(address).getAddress());
  }
}

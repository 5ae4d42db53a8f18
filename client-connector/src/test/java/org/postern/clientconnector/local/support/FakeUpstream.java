package org.postern.clientconnector.local.support;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A resolver that gives 203.0.113.7 for every name: over UDP it truncates the answer when the
 * name's first label is "big", over TCP it never does.
 */
public final class FakeUpstream implements AutoCloseable {

  private static final byte[] ANSWER = {
    (byte) 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, (byte) 203, 0, 113, 7
  };

  private final DatagramSocket datagrams;
  private final ServerSocket connections;

  /** Listens on an address and port, UDP and TCP. */
  public FakeUpstream(String address, int port) throws IOException {
    InetAddress own = InetAddress.ofLiteral(address);
    connections = new ServerSocket(port, 50, own);
    datagrams = new DatagramSocket(new InetSocketAddress(own, connections.getLocalPort()));
    Thread.ofPlatform().daemon().start(this::serveDatagrams);
    Thread.ofPlatform().daemon().start(this::serveConnections);
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) datagrams.getLocalSocketAddress();
  }

  private void serveDatagrams() {
    byte[] buffer = new byte[4_096];
    while (!datagrams.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        datagrams.receive(packet);
        byte[] question = Arrays.copyOf(packet.getData(), packet.getLength());
        boolean big = question[12] == 3 && question[13] == 'b' && question[14] == 'i';
        byte[] answer = answer(question, big);
        datagrams.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serveConnections() {
    while (!connections.isClosed()) {
      try (Socket socket = connections.accept()) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] question = new byte[in.readUnsignedShort()];
        in.readFully(question);
        byte[] answer = answer(question, false);
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        out.writeShort(answer.length);
        out.write(answer);
      } catch (IOException e) {
        // closed, or a client that went away
      }
    }
  }

  private static byte[] answer(byte[] question, boolean truncated) {
    int end = 12;
    while (question[end] != 0) {
      end += question[end] + 1;
    }
    end += 5;
    ByteBuffer answer = ByteBuffer.allocate(end + ANSWER.length);
    answer.put(question, 0, end);
    answer.putShort(2, (short) (truncated ? 0x8380 : 0x8180));
    answer.putShort(6, (short) (truncated ? 0 : 1)).putInt(8, 0);
    if (!truncated) {
      answer.put(ANSWER);
    }
    return Arrays.copyOf(answer.array(), answer.position());
  }

  @Override
  public void close() throws IOException {
    datagrams.close();
    connections.close();
  }
}

package org.postern.acceptance.programs;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The name server that a device had before, as a program: says each question as it came, in
 * hexadecimal, and answers it with 203.0.113.7.
 */
final class PreviousResolver {
  static final String ANSWER = "203.0.113.7";
  private static final byte[] RECORD =
      HexFormat.of().parseHex("c00c" + "0001" + "0001" + "0000003c" + "0004" + "cb007107");
  private static final int HEADER = 12;

  private PreviousResolver() {}

  /** Serves 127.0.0.1:53 until it is ended. */
  public static void main(String[] arguments) throws IOException {
    try (DatagramSocket socket = new DatagramSocket(53, InetAddress.ofLiteral("127.0.0.1"))) {
      System.out.println("resolver is ready");
      DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
      while (true) {
        packet.setLength(4096);
        socket.receive(packet);
        byte[] question = Arrays.copyOf(packet.getData(), packet.getLength());
        System.out.println("question " + HexFormat.of().formatHex(question));
        byte[] answer = answer(question);
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      }
    }
  }

  /** Header with one answer, the question, the record; what else was asked is left out. */
  private static byte[] answer(byte[] question) {
    int end = HEADER;
    while (question[end] != 0) {
      end += question[end] + 1;
    }
    end += 5;
    byte[] answer = Arrays.copyOf(question, end + RECORD.length);
    System.arraycopy(RECORD, 0, answer, end, RECORD.length);
    answer[2] |= (byte) 0x80;
    answer[3] = (byte) 0x80;
    answer[7] = 1;
    answer[9] = 0;
    answer[11] = 0;
    return answer;
  }
}

package org.postern.acceptance.bench.load;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * A mouse: one connection on which a small question goes out every few milliseconds and waits for
 * its answer. A program of its own, because it has to run inside a room: {@code serve PORT}, or
 * {@code ask HOST PORT SECONDS}, which prints the median and the 99th percentile in microseconds,
 * or {@code stall HOST PORT CONNECTIONS}, which asks without end and never reads an answer.
 */
public final class AskMain {
  private static final int QUESTION_BYTES = 64;
  private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(2);
  private static final int QUESTIONS_MAX = 100_000;
  private static final int STALL_WRITE_BYTES = 64 << 10;
  private static final Duration STALL_PAUSE = Duration.ofMillis(50);
  private static final int STALL_PAUSES = 40;

  private AskMain() {}

  /** Quantiles of the time from question to answer, in microseconds. */
  public record Answers(double p50Micros, double p99Micros) {}

  /** A server that stays until the networks end. */
  public static void serve(NetworkNamespaces networks, Room room, int port) throws Exception {
    networks
        .start(room, command("serve", Integer.toString(port)))
        .awaitOutput("serving", Duration.ofSeconds(20));
  }

  /** Asks from the user's room for so many seconds. */
  public static Answers ask(NetworkNamespaces networks, String host, int port, int seconds)
      throws Exception {
    List<String> ask = command("ask", host, Integer.toString(port), Integer.toString(seconds));
    String printed =
        RunningProgram.run(Duration.ofSeconds(seconds + 30L), networks.in(Room.USER, ask));
    String[] numbers = printed.strip().split(" ", -1);
    return new Answers(Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1]));
  }

  /** Connections that take nothing of what they asked for, in the user's room. */
  public static RunningProgram stall(
      NetworkNamespaces networks, String host, int port, int connections) throws Exception {
    RunningProgram stalled =
        networks.start(Room.USER, command("stall", host, Integer.toString(port), "" + connections));
    stalled.awaitOutput("stalled", Duration.ofSeconds(60));
    return stalled;
  }

  private static List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                AskMain.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** See the class. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 2 && arguments[0].equals("serve")) {
      serve(Integer.parseInt(arguments[1]));
    } else if (arguments.length == 4 && arguments[0].equals("ask")) {
      ask(
          new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2])),
          Duration.ofSeconds(Long.parseLong(arguments[3])));
    } else if (arguments.length == 4 && arguments[0].equals("stall")) {
      stall(
          new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2])),
          Integer.parseInt(arguments[3]));
    } else {
      System.err.println("usage: serve PORT | ask HOST PORT SECONDS | stall HOST PORT CONNECTIONS");
      System.exit(2);
    }
  }

  private static void serve(int port) throws IOException {
    try (ServerSocket server = new ServerSocket(port)) {
      System.out.println("serving");
      while (true) {
        Socket accepted = server.accept();
        Thread.ofPlatform().daemon().start(() -> echo(accepted));
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException gone) {
      System.err.println("asker is gone: " + gone);
    }
  }

  /** Writes until for a whole pause nothing more is taken on any connection, says so, and stays. */
  private static void stall(InetSocketAddress server, int connections) throws IOException {
    List<SocketChannel> open = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      SocketChannel channel = SocketChannel.open(server);
      channel.configureBlocking(false);
      open.add(channel);
    }
    ByteBuffer question = ByteBuffer.allocate(STALL_WRITE_BYTES);
    long taken = 0;
    for (int quiet = 0; quiet < STALL_PAUSES; ) {
      long before = taken;
      for (SocketChannel channel : open) {
        taken += channel.write(question.clear());
      }
      if (taken == before) {
        LockSupport.parkNanos(STALL_PAUSE.toNanos());
        quiet++;
      } else {
        quiet = 0;
      }
    }
    System.out.println("stalled after " + taken + " bytes");
    LockSupport.park();
  }

  private static void ask(InetSocketAddress server, Duration length) throws IOException {
    double[] micros = new double[QUESTIONS_MAX];
    int count = 0;
    try (Socket socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.connect(server, 10_000);
      OutputStream out = socket.getOutputStream();
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] question = new byte[QUESTION_BYTES];
      long begin = System.nanoTime();
      long warm = begin + Duration.ofSeconds(1).toNanos();
      long end = warm + length.toNanos();
      for (long now = begin; now < end && count < QUESTIONS_MAX; now = System.nanoTime()) {
        long start = System.nanoTime();
        out.write(question);
        in.readFully(question);
        if (now > warm) {
          micros[count++] = (System.nanoTime() - start) / 1e3;
        }
        LockSupport.parkNanos(BETWEEN_QUESTIONS.toNanos());
      }
    }
    double[] sorted = Arrays.copyOf(micros, count);
    Arrays.sort(sorted);
    System.out.println(sorted[count / 2] + " " + sorted[(int) (count * 0.99)]);
  }
}

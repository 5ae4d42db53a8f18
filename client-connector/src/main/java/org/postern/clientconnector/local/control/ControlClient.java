package org.postern.clientconnector.local.control;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.postern.clientconnector.local.Target;

/** The command line's end of the control socket; blocking, one request per connection. */
public final class ControlClient {

  /** Longest answer line in bytes. */
  private static final int ANSWER_LENGTH_MAX = 1 << 20;

  private final List<Path> sockets;

  /** A client of the socket at this path. */
  public ControlClient(Path socket) {
    this(List.of(socket));
  }

  /** A client of the first socket where somebody answers who lets us in. */
  public ControlClient(List<Path> sockets) {
    this.sockets = List.copyOf(sockets);
  }

  /**
   * Asks for the state of everything.
   *
   * @return one line of JSON
   * @throws IOException if nobody listens, or the answer is an error; the message says which
   */
  public String status() throws IOException {
    return ask("status");
  }

  /** Asks the process to stop; as {@link #status()}. */
  public String down() throws IOException {
    return ask("down");
  }

  /**
   * Asks the broker something; as {@link #status()}.
   *
   * @param line verb and arguments, in ASCII
   * @throws RefusedException if the broker could not be asked
   */
  public String question(String line) throws IOException {
    return ask(line);
  }

  /**
   * A flow: its bytes, both ways, half closure included.
   *
   * @param number by which its outcome is asked for
   */
  public record Flow(SocketChannel channel, String number) implements Closeable {
    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /**
   * Returns if a flow whose channel is at its end has ended by itself.
   *
   * @throws RefusedException if it was cut, reset or lost; the message says why
   * @throws IOException if nobody listens any more: the flow ended with the client connector
   */
  public void outcome(Flow flow) throws IOException {
    ask("outcome " + flow.number());
  }

  /**
   * Opens a flow.
   *
   * @return the flow; the caller closes it
   * @throws RefusedException if the flow is refused
   * @throws IOException if nobody listens
   */
  public Flow connect(Target target) throws IOException {
    SocketChannel channel = open();
    boolean opened = false;
    try {
      send(channel, "connect " + target);
      Flow flow = new Flow(channel, parse(readLine(channel)));
      opened = true;
      return flow;
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  /** The client connector said no. */
  public static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final String code;

    RefusedException(String code, String text) {
      super(text + " (" + code + ")");
      this.code = code;
    }

    /** Name of the reason code. */
    public String code() {
      return code;
    }
  }

  private String ask(String command) throws IOException {
    try (SocketChannel channel = open()) {
      send(channel, command);
      return parse(readLine(channel));
    }
  }

  private SocketChannel open() throws IOException {
    IOException failure = new IOException("no client connector is running (start it: postern up)");
    for (Path socket : sockets) {
      if (Files.exists(socket)) {
        try {
          return open(socket);
        } catch (IOException e) {
          failure = e;
        }
      }
    }
    throw failure;
  }

  private static SocketChannel open(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return channel;
    } catch (IOException e) {
      channel.close();
      throw new IOException(
          Files.isWritable(socket)
              ? "the client connector does not answer on " + socket + " (start it: postern up)"
              : "the client connector on " + socket + " runs for another user",
          e);
    }
  }

  private static void send(SocketChannel channel, String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Reads to the end of the line and not a byte further: what follows belongs to the flow. */
  private static String readLine(SocketChannel channel) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (line.size() < ANSWER_LENGTH_MAX) {
      one.clear();
      if (channel.read(one) < 0) {
        throw new IOException("the client connector closed the connection without an answer");
      }
      if (one.get(0) == '\n') {
        return line.toString(StandardCharsets.UTF_8);
      }
      line.write(one.get(0));
    }
    throw new IOException("answer longer than " + ANSWER_LENGTH_MAX + " bytes");
  }

  private static String parse(String line) throws IOException {
    if (line.equals("ok")) {
      return "";
    }
    if (line.startsWith("ok ")) {
      return line.substring(3);
    }
    String[] parts = line.split(" ", 3);
    if (parts.length == 3 && parts[0].equals("error")) {
      throw new RefusedException(parts[1], parts[2]);
    }
    throw new IOException("answer is neither ok nor an error");
  }
}

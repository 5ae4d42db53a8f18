package org.postern.acceptance.path;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.appconnector.upstream.SystemResolver;

/** An application that says what it hears, half-closes when its client does, and keeps count. */
public final class EchoApplication implements AutoCloseable {
  /** On which something was said: a health probe says nothing. */
  final AtomicInteger connections = new AtomicInteger();

  final AtomicLong heardBytes = new AtomicLong();
  private final ServerSocket server;
  private final Thread serving;

  /** Listens on a free port of loopback. */
  public EchoApplication() throws IOException {
    this(InetAddress.getLoopbackAddress());
  }

  /** Listens on a free port of this address alone. */
  EchoApplication(InetAddress address) throws IOException {
    server = new ServerSocket(0, 500, address);
    serving = Thread.ofVirtual().start(this::serve);
  }

  /** Of a VPC in which {@code echo.corp.internal} is this machine. */
  static SystemResolver resolver() {
    return new SystemResolver(
        List.of(), Map.of("echo.corp.internal", List.of(InetAddress.getLoopbackAddress())));
  }

  /** Where it listens. */
  public int port() {
    return server.getLocalPort();
  }

  private void serve() {
    while (!server.isClosed()) {
      try {
        Socket accepted = server.accept();
        Thread.ofVirtual().start(() -> echo(accepted));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void echo(Socket socket) {
    byte[] buffer = new byte[64 << 10];
    boolean first = true;
    try (socket) {
      for (int read = socket.getInputStream().read(buffer);
          read >= 0;
          read = socket.getInputStream().read(buffer)) {
        if (first) {
          first = false;
          connections.incrementAndGet();
        }
        heardBytes.addAndGet(read);
        socket.getOutputStream().write(buffer, 0, read);
      }
    } catch (IOException e) {
      // The other end is gone; so are we.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /** Nothing listens on the port any more when this returns. */
  void die() throws IOException, InterruptedException {
    close();
    // The thread in accept is what closes the socket: until it ends, the port still listens.
    serving.join();
  }
}

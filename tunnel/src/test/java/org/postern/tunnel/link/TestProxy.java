package org.postern.tunnel.link;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An egress proxy (HTTP CONNECT or SOCKS 5) that can also play a network that has died. */
final class TestProxy implements AutoCloseable {
  final AtomicInteger passed = new AtomicInteger();
  volatile boolean frozen;
  private final ServerSocket server;
  private final EgressProxy.Kind kind;
  private final String expectedLogin;
  private final CountDownLatch closed = new CountDownLatch(1);

  TestProxy(EgressProxy.Kind kind, String expectedLogin) throws IOException {
    this.kind = kind;
    this.expectedLogin = expectedLogin;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (closed.getCount() > 0) {
      try {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try {
      DataInputStream in = new DataInputStream(client.getInputStream());
      int port = kind == EgressProxy.Kind.HTTP_CONNECT ? connect(in, client) : socks(in, client);
      if (port < 0) {
        client.close();
        return;
      }
      passed.incrementAndGet();
      Socket upstream = new Socket(InetAddress.getLoopbackAddress(), port);
      Thread.ofVirtual().start(() -> pump(upstream, client));
      pump(client, upstream);
    } catch (IOException e) {
      // The test will notice.
    }
  }

  private int connect(DataInputStream in, Socket client) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    OutputStream out = client.getOutputStream();
    if (!head.toString()
        .toLowerCase(java.util.Locale.ROOT)
        .contains(expectedLogin.toLowerCase(java.util.Locale.ROOT))) {
      out.write("HTTP/1.1 407 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      return -1;
    }
    out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    String target = head.substring("CONNECT ".length(), head.indexOf(" HTTP/"));
    return Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
  }

  private static int socks(DataInputStream in, Socket client) throws IOException {
    in.readUnsignedByte();
    in.skipNBytes(in.readUnsignedByte());
    OutputStream out = client.getOutputStream();
    out.write(new byte[] {5, 0});
    in.skipNBytes(3);
    int type = in.readUnsignedByte();
    in.skipNBytes(type == 3 ? in.readUnsignedByte() : type == 1 ? 4 : 16);
    int port = in.readUnsignedShort();
    out.write(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
    return port;
  }

  /** What the network swallowed is lost; the connection ends when it wakes up. */
  private void awaitThaw() throws InterruptedException {
    boolean over = false;
    while (frozen && !over) {
      over = closed.await(10, TimeUnit.MILLISECONDS);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[8192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (frozen) {
          awaitThaw();
          return;
        }
        to.getOutputStream().write(buffer, 0, n);
      }
    } catch (IOException e) {
      // One side is gone, so is the other.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    server.close();
  }
}

package org.postern.demo;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Plain sockets, by name, directly or through a SOCKS5 proxy on loopback. Blocking. */
final class Network {
  static final int CONNECT_MILLIS = 10_000;
  private static final Duration SILENCE = Duration.ofSeconds(60);
  private static final int HEAD_BYTES_MAX = 16 << 10;

  private final Proxy proxy;

  /** Port 0: directly. */
  Network(int socksPort) {
    this.proxy =
        socksPort == 0
            ? Proxy.NO_PROXY
            : new Proxy(
                Proxy.Type.SOCKS,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), socksPort));
  }

  /** A connection to that name. */
  Socket connect(String host, int port) throws IOException {
    return connect(host, port, CONNECT_MILLIS);
  }

  /** As above, with that much patience. */
  Socket connect(String host, int port, int patienceMillis) throws IOException {
    Socket socket = new Socket(proxy);
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) SILENCE.toMillis());
      socket.connect(
          proxy.type() == Proxy.Type.SOCKS
              ? InetSocketAddress.createUnresolved(host, port)
              : new InetSocketAddress(InetAddress.getByName(host), port),
          patienceMillis);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Sends the head of an HTTP/1.1 request, after which the connection is closed. */
  static void request(Socket socket, String method, String path, String host, long length)
      throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(
        "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n"
            .formatted(method, path, host, length < 0 ? "" : "Content-Length: " + length + "\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  /** Reads the head of the answer; the stream stands at the body. */
  static InputStream body(Socket socket) throws IOException {
    InputStream in = new BufferedInputStream(socket.getInputStream(), 128 << 10);
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int newlines = 0;
    while (newlines < 2) {
      int c = in.read();
      if (c < 0 || head.size() > HEAD_BYTES_MAX) {
        throw new IOException("the answer ended within its head");
      }
      head.write(c);
      newlines = c == '\n' ? newlines + 1 : c == '\r' ? newlines : 0;
    }
    String first = head.toString(StandardCharsets.US_ASCII).lines().findFirst().orElse("");
    if (!first.startsWith("HTTP/1.1 200")) {
      throw new IOException("the answer is " + first);
    }
    return in;
  }

  /** GET, whole. */
  byte[] get(String host, int port, String path) throws IOException {
    try (Socket socket = connect(host, port)) {
      request(socket, "GET", path, host, -1);
      return body(socket).readAllBytes();
    }
  }
}

package org.postern.tunnel.lane;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** An application: one virtual thread for each connection. */
final class EchoServer {
  /** What it does with a connection. */
  interface Service {
    void serve(Socket socket, InputStream in, OutputStream out) throws IOException;
  }

  static final Service ECHO =
      (socket, in, out) -> {
        in.transferTo(out);
        socket.shutdownOutput();
      };

  private final ServerSocket server;
  private final Thread accepting;

  EchoServer(Service service) throws IOException {
    server = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    accepting = Thread.ofVirtual().start(() -> accept(service));
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private void accept(Service service) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(service, socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void serve(Service service, Socket socket) {
    try (socket) {
      service.serve(socket, socket.getInputStream(), socket.getOutputStream());
    } catch (IOException e) {
      // The other end has gone: what the tests look at is at that end.
    }
  }

  /** Returns when nothing listens any more: the thread in accept is what closes the socket. */
  void close() throws IOException, InterruptedException {
    server.close();
    accepting.join();
  }
}

package org.postern.appconnector.link;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An application on loopback that echoes, and says how much when its client is done. */
final class TestApplication implements AutoCloseable {
  final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
  private final ServerSocket listener;

  TestApplication() throws IOException {
    listener = new ServerSocket(0, 200, NetUtil.LOCALHOST4);
    Thread.startVirtualThread(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  @Nullable Socket nextAccepted(long millis) throws InterruptedException {
    return accepted.poll(millis, TimeUnit.MILLISECONDS);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        accepted.add(socket);
        Thread.startVirtualThread(() -> echo(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      long total = 0;
      byte[] buffer = new byte[64 << 10];
      int read = socket.getInputStream().read(buffer);
      while (read >= 0) {
        socket.getOutputStream().write(buffer, 0, read);
        total += read;
        read = socket.getInputStream().read(buffer);
      }
      socket.getOutputStream().write(("|" + total).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The client broke off; what the test looks at is on its own side.
      assert e != null;
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : accepted) {
      socket.close();
    }
  }
}

package org.postern.acceptance.bench.cutting;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** An application on loopback that never stops sending to whoever has connected. */
public final class Feed implements AutoCloseable {
  private static final int BACKLOG = 2_000;
  private static final int BYTE_EVERY_MILLIS = 100;

  private final ServerSocket server;
  private final Queue<Socket> readers = new ConcurrentLinkedQueue<>();
  private final ScheduledExecutorService sender = Executors.newSingleThreadScheduledExecutor();

  /** Starts it. */
  public Feed() throws IOException {
    server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
    sender.scheduleAtFixedRate(this::send, 0, BYTE_EVERY_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Where it listens. */
  public int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (true) {
      try {
        readers.add(server.accept());
      } catch (IOException e) {
        return;
      }
    }
  }

  private void send() {
    readers.removeIf(each -> {
      try {
        each.getOutputStream().write(1);
        return false;
      } catch (IOException e) {
        close(each);
        return true;
      }
    });
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    sender.shutdownNow();
    server.close();
    readers.forEach(Feed::close);
  }
}

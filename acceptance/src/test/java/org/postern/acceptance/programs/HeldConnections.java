package org.postern.acceptance.programs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;

/**
 * A program with two connections that only somebody else ends, one through the local proxy for a
 * name that policy has left alone, one to an application in the private network; and the printer
 * that the first leads to. Says how each of the three ends came to its end.
 */
final class HeldConnections {
  private static final String HERE = "127.0.0.1";

  private HeldConnections() {}

  /**
   * Arguments: port of the proxy, name and port of the printer, name and port of an application
   * that speaks first.
   */
  public static void main(String[] arguments) throws Exception {
    int printerPort = Integer.parseInt(arguments[2]);
    InetSocketAddress proxy =
        new InetSocketAddress(InetAddress.ofLiteral(HERE), Integer.parseInt(arguments[0]));
    try (ServerSocket printer = new ServerSocket(printerPort, 1, InetAddress.ofLiteral(HERE));
        Socket bypassed = new Socket(new Proxy(Proxy.Type.SOCKS, proxy));
        Socket tunnelled = new Socket()) {
      bypassed.connect(InetSocketAddress.createUnresolved(arguments[1], printerPort));
      Socket served = printer.accept();
      served.getOutputStream().write('!');
      tunnelled.connect(
          new InetSocketAddress(
              InetAddress.getByName(arguments[3]), Integer.parseInt(arguments[4])));
      if (bypassed.getInputStream().read() < 0 || tunnelled.getInputStream().read() < 0) {
        throw new IOException("a connection ended before it had begun");
      }
      System.out.println("connections are held");
      Thread printing = Thread.startVirtualThread(() -> sayHowItEnds("printer", served));
      Thread beside = Thread.startVirtualThread(() -> sayHowItEnds("bypassed", bypassed));
      sayHowItEnds("tunnelled", tunnelled);
      beside.join();
      printing.join();
    }
  }

  private static void sayHowItEnds(String which, Socket socket) {
    String how;
    try {
      int read = socket.getInputStream().read();
      while (read >= 0) {
        read = socket.getInputStream().read();
      }
      how = "a clean end";
    } catch (SocketException e) {
      how = String.valueOf(e.getMessage());
    } catch (IOException e) {
      how = e.toString();
    }
    System.out.println(which + ": " + how);
  }
}

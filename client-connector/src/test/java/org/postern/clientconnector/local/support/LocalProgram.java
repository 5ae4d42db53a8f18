package org.postern.clientconnector.local.support;

import com.sun.net.httpserver.HttpServer;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.postern.clientconnector.local.IpRange;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.PortRange;
import org.postern.clientconnector.local.intercept.Interception;
import org.postern.clientconnector.local.intercept.InterceptionOptions;
import org.postern.clientconnector.local.intercept.Ipv6Choice;
import org.postern.clientconnector.local.socks.LoopbackProxy;
import org.postern.clientconnector.local.system.SystemCommands;
import org.postern.tunnel.link.EpollLoops;

/**
 * A client connector without a tunnel, as a process: transparent mode over {@link FakeGateway}, an
 * HTTP server on 127.0.0.1:8080 as the application, one that never answers on port 5201, the proxy
 * on 127.0.0.1:1055, and an upstream resolver on 127.0.0.9:53. Obeys lines on standard input; ends,
 * tidily, at the end of it.
 */
public final class LocalProgram {

  private static final List<PortRange> PORTS =
      List.of(new PortRange(443, 443), new PortRange(8_000, 8_100), new PortRange(5_201, 5_201));

  private LocalProgram() {}

  /**
   * Arguments: the directory for state and journal, optionally another synthetic range, and another
   * prefix of its twin or "off", and the milliseconds between two looks at the machine.
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    HttpServer application = application();
    MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
    IoEventLoop loop = group.next();
    FakeUpstream upstream = new FakeUpstream("127.0.0.9", 53);
    FakeGateway gateway = new FakeGateway(loop, 500);
    gateway.permit("payments.corp.internal", PORTS);
    gateway.permit("ledger.corp.internal", PORTS);
    InterceptionOptions defaults =
        InterceptionOptions.in(directory.resolve("state"), directory.resolve("run"));
    InterceptionOptions options =
        new InterceptionOptions(
            "postern0",
            arguments.length > 1 ? Ipv4Range.parse(arguments[1]) : defaults.range(),
            arguments.length > 2 ? Ipv6Choice.parse(arguments[2]) : defaults.ipv6(),
            defaults.stateDirectory(),
            defaults.runDirectory(),
            InterceptionOptions.ResolverChoice.AUTO,
            List.of());
    LocalLimits limits =
        arguments.length > 3
            ? looking(Duration.ofMillis(Long.parseLong(arguments[3])))
            : LocalLimits.DEFAULTS;
    try (ServerSocket silent = new ServerSocket(5_201, 8, InetAddress.ofLiteral("127.0.0.1"));
        Interception interception =
            Interception.start(
                options,
                limits,
                loop,
                gateway,
                InstantSource.system(),
                new SystemCommands(System.getenv("PATH"), Duration.ofSeconds(10)))) {
      interception.update(owned(1));
      InetSocketAddress proxy = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1_055);
      LoopbackProxy.listen(proxy, loop, LocalLimits.DEFAULTS, interception.naming(gateway)).sync();
      assert silent.isBound();
      System.out.println("ready " + ProcessHandle.current().pid());
      obey(interception, gateway, loop);
    } catch (IOException e) {
      System.out.println("failed " + e.getMessage());
    } finally {
      upstream.close();
      application.stop(0);
      group.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).sync();
    }
  }

  /** As by default, but for how often we look at the machine. */
  private static LocalLimits looking(Duration every) {
    LocalLimits d = LocalLimits.DEFAULTS;
    return new LocalLimits(
        d.portRangesPerNameMax(),
        d.dnsOutstandingMax(),
        d.dnsCacheEntriesMax(),
        d.dnsPositiveTtl(),
        d.dnsNegativeTtl(),
        d.dnsAnswerTimeout(),
        d.dnsUpstreamTimeout(),
        d.dnsTcpConnectionsMax(),
        d.dnsMessageLengthMax(),
        d.udpFlowsMax(),
        d.udpIdleTimeout(),
        d.tunPacketsPerWakeupMax(),
        d.addressReuseAfter(),
        d.loopbackConnectionsMax(),
        d.loopbackHandshakeTimeout(),
        d.socksAssociationsMax(),
        d.socksTargetsPerAssociationMax(),
        d.socksAssociationIdleTimeout(),
        d.httpHeaderLengthMax(),
        d.controlConnectionsMax(),
        d.controlLineLengthMax(),
        d.controlOutcomesMax(),
        d.redirectedConnectionsMax(),
        every);
  }

  private static OwnedNames owned(long version) {
    return new OwnedNames(
        Set.of("corp.internal"),
        Set.of(),
        List.of("corp.internal"),
        List.of(IpRange.parse("10.77.0.0/16"), IpRange.parse("2001:db8:77::/48")),
        version);
  }

  private static void obey(Interception interception, FakeGateway gateway, IoEventLoop loop)
      throws Exception {
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    long version = 1;
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split(" ");
      String answer =
          switch (words[0]) {
            case "permit" -> {
              gateway.permit(words[1], PORTS);
              interception.update(owned(++version));
              yield "";
            }
            case "forbid" -> {
              gateway.forbid(words[1]);
              interception.update(owned(++version));
              yield "";
            }
            case "udp" -> udp(words[1], Integer.parseInt(words[2]), words[3]);
            case "status" -> loop.submit(interception::status).get().toString();
            default -> throw new IOException("unknown command: " + line);
          };
      System.out.println("done " + answer);
    }
  }

  private static String udp(String host, int port, String text) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(15_000);
      socket.connect(new InetSocketAddress(InetAddress.getByName(host), port));
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      socket.send(new DatagramPacket(bytes, bytes.length));
      DatagramPacket answer = new DatagramPacket(new byte[65_535], 65_535);
      socket.receive(answer);
      return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.getClass().getSimpleName();
    }
  }

  private static HttpServer application() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 8_080), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "the application says hello\n".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }
}

package org.postern.acceptance.bench.peer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Contender;
import org.postern.acceptance.bench.Dial;
import org.postern.acceptance.ground.RunningProgram;

/**
 * The same shape from common parts: stunnel on the device, HAProxy in TCP mode in the middle,
 * stunnel beside the application; mutual TLS from end to end. Every connection is a new TLS
 * session, resumed where stunnel can.
 */
public final class StunnelChain implements Contender {
  @Override
  public String label() {
    return "stunnel-chain";
  }

  @Override
  public Way open(BenchRun run, Target target) throws Exception {
    InetSocketAddress server = stunnel(run, "server", "client = no", target.plain(), target);
    Target behind =
        new Target(target.plain(), server, target.server(), target.certificate(), target.key());
    Way relay = HaproxyRelay.SPLICE.open(run, behind);
    InetSocketAddress middle = ((Dial.Tls) relay.dial()).entrance();
    InetSocketAddress client = stunnel(run, "client", "client = yes", middle, target);
    return new Way(new Dial.Tcp(client), relay.relay());
  }

  private static InetSocketAddress stunnel(
      BenchRun run, String role, String side, InetSocketAddress to, Target target)
      throws IOException {
    InetSocketAddress here =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), BenchRun.freePort());
    Path file = run.folder("stunnel-" + role).resolve("stunnel.conf");
    Files.writeString(
        file,
        """
        foreground = yes
        debug = err
        socket = l:TCP_NODELAY=1
        socket = r:TCP_NODELAY=1
        [relay]
        %s
        accept = 127.0.0.1:%d
        connect = 127.0.0.1:%d
        cert = %s
        key = %s
        CAfile = %s
        verifyPeer = yes
        sslVersionMin = TLSv1.3
        TIMEOUTclose = 0
        """
            .formatted(
                side,
                here.getPort(),
                to.getPort(),
                target.certificate(),
                target.key(),
                target.certificate()));
    RunningProgram program = run.start(List.of("stunnel4", file.toString()));
    Ports.awaitListening(program, here, Duration.ofSeconds(10));
    return here;
  }
}

package org.postern.acceptance.bench.peer;

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
 * HAProxy in the middle: {@code SPLICE} passes the ends' own TLS through the kernel, as it comes;
 * {@code SPLICE_TUNED} does so with pipes as large as ours; {@code TLS} ends one TLS session and
 * starts another, which is what a broker does that can read the traffic.
 */
public enum HaproxyRelay implements Contender {
  SPLICE("haproxy-splice", "", "", ""),
  SPLICE_TUNED("haproxy-splice-1m", "tune.pipesize 1048576", "", ""),
  TLS(
      "haproxy-tls",
      "",
      " ssl crt %s ssl-min-ver TLSv1.3 ciphersuites TLS_AES_128_GCM_SHA256",
      " ssl verify required ca-file %s ssl-min-ver TLSv1.3 ciphersuites TLS_AES_128_GCM_SHA256");

  private final String label;
  private final String more;
  private final String bind;
  private final String server;

  HaproxyRelay(String label, String more, String bind, String server) {
    this.label = label;
    this.more = more;
    this.bind = bind;
    this.server = server;
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public Way open(BenchRun run, Target target) throws Exception {
    int port = BenchRun.freePort();
    Path folder = run.folder(label);
    Path both = folder.resolve("both.pem");
    Files.writeString(
        both, Files.readString(target.certificate()) + Files.readString(target.key()));
    Path file = folder.resolve("haproxy.cfg");
    Files.writeString(
        file,
        """
        global
          maxconn 8000
          maxpipes 1000
          %s
          ssl-server-verify required
        defaults
          mode tcp
          option splice-request
          option splice-response
          timeout connect 10s
          timeout client 10m
          timeout server 10m
        listen relay
          bind 127.0.0.1:%d%s
          server sink %s:%d%s
        """
            .formatted(
                more,
                port,
                bind.formatted(both),
                target.tls().getAddress().getHostAddress(),
                target.tls().getPort(),
                server.formatted(target.certificate())));
    RunningProgram program = run.start(List.of("haproxy", "-db", "-f", file.toString()));
    InetSocketAddress entrance = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    Ports.awaitListening(program, entrance, Duration.ofSeconds(10));
    return new Way(new Dial.Tls(entrance, target.certificate()), program::pids);
  }
}

package org.postern.acceptance.bench.subject;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Contender;
import org.postern.acceptance.bench.Dial;

/**
 * Postern on loopback: SOCKS5 at the client connector, the broker in the middle, the app connector
 * dials the target. What differs is whose processes are looked at.
 */
public enum PosternContender implements Contender {
  /** The broker, which is the relay. */
  BROKER(PosternContender.LABEL),
  /** The device's side. */
  CLIENT("postern-client"),
  /** The application's side. */
  CONNECTOR("postern-connector");

  /** The broker's name in figures. */
  public static final String LABEL = "postern";

  private final String label;

  PosternContender(String label) {
    this.label = label;
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public Way open(BenchRun run, Target target) throws Exception {
    int socksPort = BenchRun.freePort();
    Cast cast = Cast.onLoopback(run, label, socksPort);
    InetSocketAddress proxy = new InetSocketAddress(InetAddress.getLoopbackAddress(), socksPort);
    Dial dial = new Dial.Socks5(proxy, "127.0.0.1", target.plain().getPort());
    return new Way(
        dial,
        switch (this) {
          case BROKER -> cast::brokerPids;
          case CLIENT -> cast::clientPids;
          case CONNECTOR -> cast::connectorPids;
        });
  }
}

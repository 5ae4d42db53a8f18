package org.postern.acceptance.bench;

import io.netty.channel.ChannelHandler;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Collection;
import java.util.function.Supplier;

/** Something that carries connections to a server: Postern, or one of its peers. */
public interface Contender {
  /** As in figures: lower case, no spaces, no dots. */
  String label();

  /** Brings it up in front of the target; what it starts belongs to the run. */
  Way open(BenchRun run, Target target) throws Exception;

  /**
   * The server at the far end. Contenders that join two TLS sessions dial the TLS address, others
   * what they need.
   *
   * @param plain takes the bytes themselves
   * @param tls takes them inside TLS 1.3
   * @param server serves one connection, for contenders whose far end is in this process
   * @param certificate PEM, self-signed, for 127.0.0.1: what TLS clients trust
   * @param key PEM, belongs to the certificate
   */
  record Target(
      InetSocketAddress plain,
      InetSocketAddress tls,
      Supplier<ChannelHandler> server,
      Path certificate,
      Path key) {}

  /**
   * The way through a contender that is up.
   *
   * @param dial its entrance
   * @param relay the processes in the middle whose CPU time is what the contender costs; empty when
   *     there is none
   */
  record Way(Dial dial, Supplier<Collection<Long>> relay) {}
}

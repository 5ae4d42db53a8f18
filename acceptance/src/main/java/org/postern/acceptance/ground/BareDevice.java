package org.postern.acceptance.ground;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.postern.identity.Peers;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;

/**
 * A device's control link, and nothing else of a device: its messages one by one. Blocking; any
 * thread.
 *
 * @param heard what the broker said and nobody has taken yet
 */
public record BareDevice(
    ControlLink link, BlockingQueue<Envelope> heard, String userId, String deviceId) {
  private static final Duration ANSWER = Duration.ofSeconds(30);

  /** How long it waits before it asks a broker again that has not heard of a newcomer yet. */
  private static final Duration AGAIN = Duration.ofMillis(50);

  static BareDevice connect(
      DialerConfig.Target broker, EventLoop loop, EnrollByHand.Enrolled enrolled) throws Exception {
    long start = System.nanoTime();
    while (true) {
      try {
        return dial(broker, loop, enrolled);
      } catch (TunnelException e) {
        if (e.reason() != ReasonCode.USER_DISABLED
            || System.nanoTime() - start > ANSWER.toNanos()) {
          throw e;
        }
        LockSupport.parkNanos(AGAIN.toNanos());
      }
    }
  }

  private static BareDevice dial(
      DialerConfig.Target broker, EventLoop loop, EnrollByHand.Enrolled enrolled) throws Exception {
    BlockingQueue<Envelope> heard = new LinkedBlockingQueue<>();
    ControlLink link =
        new BrokerDialer(
                new DialerConfig(
                    broker,
                    enrolled.tls().client(TunnelProtocol.ALPN),
                    Peers.broker()::spiffeId,
                    Optional.empty(),
                    InetAddress::getAllByName,
                    TunnelLimits.DEFAULT))
            .control(
                loop,
                Hello.newBuilder().setInstance(ByteString.copyFrom(new byte[16])).build(),
                new ControlLinkListener() {
                  @Override
                  public void onMessage(ControlLink from, Envelope message) {
                    heard.add(message);
                  }

                  @Override
                  public void onClosed(ControlLink from, ReasonCode reason, String text) {}
                })
            .sync()
            .getNow();
    return new BareDevice(link, heard, enrolled.userId(), enrolled.deviceId());
  }

  /**
   * The next message of a kind that is wanted; those before it are dropped.
   *
   * @throws IOException when the broker says nothing for half a minute
   */
  public Envelope next(Predicate<Envelope> wanted) throws IOException, InterruptedException {
    while (true) {
      Envelope message = heard.poll(ANSWER.toSeconds(), TimeUnit.SECONDS);
      if (message == null) {
        throw new IOException("the broker did not answer in " + ANSWER);
      }
      if (wanted.test(message)) {
        return message;
      }
    }
  }
}

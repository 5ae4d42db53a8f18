package org.postern.acceptance.bench.subject;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.identity.Credential;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustBundle;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.lane.LaneAcceptor;
import org.postern.tunnel.lane.LaneDialer;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.CarrierListener;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/**
 * A device or connector without a program around it: its links, parked carriers and lanes, in this
 * process. Methods wait; not for event loops.
 */
final class RawPeer {
  private static final int INSTANCE_BYTES = 16;
  private static final long PATIENCE_SECONDS = 20;
  private static final int LINK_ATTEMPTS = 250;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final EventLoop loop;
  private final SpiffeId id;
  private final LiveTls tls;
  private final BrokerDialer dialer;
  private final ByteString instance = random(INSTANCE_BYTES);

  /** Who it is, and where the broker is. */
  RawPeer(EventLoop loop, Credential credential, TrustBundle trust, DialerConfig.Target broker) {
    this.loop = loop;
    this.id = credential.id();
    this.tls = new LiveTls(credential, trust, InstantSource.system());
    this.dialer =
        new BrokerDialer(
            new DialerConfig(
                broker,
                tls.client(TunnelProtocol.ALPN),
                Peers.broker()::spiffeId,
                Optional.empty(),
                InetAddress::getAllByName,
                TunnelLimits.DEFAULT));
  }

  SpiffeId id() {
    return id;
  }

  EventLoop loop() {
    return loop;
  }

  /**
   * A control link; messages are heard on the loop. Tries again for a while: who has enrolled a
   * moment ago may be unknown to the policy in force.
   */
  ControlLink link(Consumer<Envelope> hears) throws Exception {
    for (int refused = 0; ; refused++) {
      try {
        return done(dial(hears));
      } catch (ExecutionException e) {
        if (refused == LINK_ATTEMPTS) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  private Future<ControlLink> dial(Consumer<Envelope> hears) {
    return dialer.control(
        loop,
        hello(),
        new ControlLinkListener() {
          @Override
          public void onMessage(ControlLink link, Envelope message) {
            hears.accept(message);
          }

          @Override
          public void onClosed(ControlLink link, ReasonCode reason, String text) {}
        });
  }

  /** A parked carrier. */
  ParkedCarrier park() throws Exception {
    return park(offered -> {});
  }

  /** Somebody wants a lane over a parked carrier. */
  record Offered(ParkedCarrier carrier, LaneOffer offer) {}

  private ParkedCarrier park(Consumer<Offered> offered) throws Exception {
    return done(
        dialer.park(
            loop,
            hello(),
            new CarrierListener() {
              @Override
              public void onOffer(ParkedCarrier carrier, LaneOffer offer) {
                offered.accept(new Offered(carrier, offer));
              }

              @Override
              public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {}
            }));
  }

  /** Connector: takes the next lane that is offered on a carrier parked for it. */
  CompletableFuture<Lane> awaitLane() throws Exception {
    CompletableFuture<Lane> lane = new CompletableFuture<>();
    LaneAcceptor acceptor =
        new LaneAcceptor(
            tls.server(TunnelProtocol.LANE_ALPN), Peers.client()::spiffeId, TunnelLimits.DEFAULT);
    park(offered ->
        acceptor
            .accept(offered.carrier(), offered.offer(), loop)
            .addListener((Future<Lane> made) -> {
              if (made.isSuccess()) {
                lane.complete(made.getNow());
              } else {
                lane.completeExceptionally(made.cause());
              }
            }));
    return lane;
  }

  /** Device: asks for a lane over a parked carrier. */
  Future<Lane> askForLane(ParkedCarrier carrier, LaneRequest request) {
    return new LaneDialer(tls.client(TunnelProtocol.LANE_ALPN), TunnelLimits.DEFAULT)
        .dial(carrier, request, Peers.connector()::spiffeId);
  }

  /** Both ends of a lane, in this process. */
  record LaneEnds(Lane device, Lane connector) {}

  /** Device: makes a lane to a connector of this process. */
  LaneEnds lane(RawPeer connector, String group) throws Exception {
    CompletableFuture<Lane> far = connector.awaitLane();
    for (int refused = 0; ; refused++) {
      LaneRequest request =
          LaneRequest.newBuilder().setLaneId(newLaneId()).setConnectorGroup(group).build();
      try {
        Lane near = done(askForLane(park(), request));
        return new LaneEnds(near, far.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
      } catch (ExecutionException e) {
        // The broker may not have put away yet what the connector parked a moment ago.
        if (refused == LINK_ATTEMPTS || !isNoCarrier(e.getCause())) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  private static boolean isNoCarrier(@Nullable Throwable cause) {
    return cause instanceof TunnelException refused && refused.reason() == ReasonCode.NO_CARRIER;
  }

  static ByteString newLaneId() {
    return random(Lane.ID_BYTES);
  }

  private Hello hello() {
    return Hello.newBuilder()
        .setInstance(instance)
        .setSoftware("bench")
        .setHostName("bench")
        .setPlatform("linux")
        .build();
  }

  private static ByteString random(int bytes) {
    byte[] made = new byte[bytes];
    RANDOM.nextBytes(made);
    return ByteString.copyFrom(made);
  }

  private static <T> T done(Future<T> future) throws Exception {
    if (!future.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("no answer within " + PATIENCE_SECONDS + " s");
    }
    return future.get();
  }
}

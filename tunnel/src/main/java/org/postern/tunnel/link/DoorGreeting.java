package org.postern.tunnel.link;

import java.net.InetSocketAddress;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits.KeepAlive;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Rejected;
import org.postern.tunnel.message.Welcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** First role of a connection at the broker: who is it, what does it want, may it come in. */
final class DoorGreeting implements Role {
  private static final Logger log = LoggerFactory.getLogger(DoorGreeting.class);

  private static final int INSTANCE_BYTES = 16;
  private static final int SOFTWARE_CHARS_MAX = 64;
  private static final int HOST_NAME_CHARS_MAX = 253;
  private static final int PLATFORM_CHARS_MAX = 64;

  private final DoorConfig config;
  private final DoorListener listener;
  private final InetSocketAddress from;
  private @Nullable String peerId;

  DoorGreeting(DoorConfig config, DoorListener listener, InetSocketAddress from) {
    this.config = config;
    this.listener = listener;
    this.from = from;
  }

  @Override
  public void onSecured(Wire wire, SSLSession session) throws TunnelException {
    try {
      peerId = config.peerCheck().spiffeId(session);
    } catch (SSLPeerUnverifiedException e) {
      log.debug("{}: {}", from, e.getMessage());
      throw new TunnelException(
          ReasonCode.KIND_NOT_ALLOWED,
          "certificate not accepted (expected: one of a device or an app connector)");
    }
    wire.expectWithin(
        config.limits().deadlines().hello(), ReasonCode.HELLO_TIMEOUT, "no Hello in time");
  }

  @Override
  public void onMessage(Wire wire, Envelope message) throws TunnelException {
    String id = peerId;
    if (id == null || message.getBodyCase() != Envelope.BodyCase.HELLO) {
      throw Role.unexpected(message, "HELLO");
    }
    Hello hello = message.getHello();
    check(hello);
    switch (listener.admit(id, hello, from)) {
      case DoorListener.Refuse(Rejected rejected) ->
          wire.fail(rejected.getReason(), rejected.getText(), rejected.getRetryAfterSeconds());
      case DoorListener.Admit(Welcome welcome) -> admit(wire, id, hello, welcome);
    }
  }

  private static void check(Hello hello) throws TunnelException {
    if (hello.getVersionMin() > TunnelProtocol.VERSION
        || hello.getVersionMax() < TunnelProtocol.VERSION) {
      throw new TunnelException(
          ReasonCode.VERSION_UNSUPPORTED,
          "versions %d to %d (expected: a range with %d)"
              .formatted(hello.getVersionMin(), hello.getVersionMax(), TunnelProtocol.VERSION));
    }
    if (hello.getInstance().size() != INSTANCE_BYTES
        || hello.getSoftware().length() > SOFTWARE_CHARS_MAX
        || hello.getHostName().length() > HOST_NAME_CHARS_MAX
        || hello.getPlatform().length() > PLATFORM_CHARS_MAX) {
      throw new TunnelException(
          ReasonCode.PROTOCOL_ERROR,
          "Hello with a field of the wrong length (expected: instance of %d bytes, short texts)"
              .formatted(INSTANCE_BYTES));
    }
    switch (hello.getKind()) {
      case KIND_CONTROL, KIND_CARRIER -> {}
      case KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new TunnelException(
              ReasonCode.PROTOCOL_ERROR, "Hello without a kind (expected: control or carrier)");
    }
  }

  private void admit(Wire wire, String id, Hello hello, Welcome proposed) {
    boolean control = hello.getKind() == Hello.Kind.KIND_CONTROL;
    KeepAlive times = control ? config.limits().control() : config.limits().carrier();
    Welcome welcome =
        proposed.toBuilder()
            .setVersion(TunnelProtocol.VERSION)
            .setPingIntervalSeconds((int) times.interval().toSeconds())
            .build();
    if (control) {
      var link = new WireControlLink(wire, id, new WireControlLink.Greeting(hello, welcome), false);
      wire.become(link);
      wire.send(Envelope.newBuilder().setWelcome(welcome).build());
      link.listen(listener.onControl(link, hello));
    } else {
      var carrier = new WireBrokerCarrier(wire, id);
      wire.become(carrier);
      wire.send(Envelope.newBuilder().setWelcome(welcome).build());
      carrier.listen(listener.onCarrier(carrier, hello));
    }
    wire.startKeepAlive(times, 2);
  }

  @Override
  public void onEnded(ReasonCode reason, String text, int retryAfterSeconds) {
    log.debug("{}: not let in: {} {}", from, reason.name(), text);
  }
}

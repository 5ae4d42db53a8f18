package org.postern.tunnel.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Welcome;

/** A {@link ControlLink} on a {@link Wire}; both ends have the same. */
final class WireControlLink implements ControlLink, Role {
  private final Wire wire;
  private final String peerId;
  private final Greeting greeting;
  private final boolean dialled;
  private @Nullable ControlLinkListener listener;
  private int retryAfterSeconds;

  WireControlLink(Wire wire, String peerId, Greeting greeting, boolean dialled) {
    this.wire = wire;
    this.peerId = peerId;
    this.greeting = greeting;
    this.dialled = dialled;
  }

  /** What both sides said at the start. */
  record Greeting(Hello hello, Welcome welcome) {}

  void listen(ControlLinkListener hears) {
    listener = hears;
  }

  /** What the Rejected that ended the link asked for. */
  int retryAfterSeconds() {
    return retryAfterSeconds;
  }

  @Override
  public String peerId() {
    return peerId;
  }

  @Override
  public Hello hello() {
    return greeting.hello();
  }

  @Override
  public Welcome welcome() {
    return greeting.welcome();
  }

  @Override
  public ByteString instance() {
    return dialled ? welcome().getInstance() : hello().getInstance();
  }

  @Override
  public EventLoop eventLoop() {
    return wire.channel().eventLoop();
  }

  @Override
  public SocketAddress remoteAddress() {
    return PeerAddress.of(wire.channel());
  }

  @Override
  public boolean isOpen() {
    return wire.isOpen();
  }

  @Override
  public void send(Envelope message) {
    wire.run(() -> wire.send(message));
  }

  @Override
  public void close(ReasonCode reason, String text) {
    close(reason, text, 0);
  }

  @Override
  public void close(ReasonCode reason, String text, int retryAfterSeconds) {
    wire.run(() -> wire.fail(reason, text, retryAfterSeconds));
  }

  @Override
  public void onSecured(Wire on, SSLSession session) {
    throw new AssertionError("a second handshake");
  }

  @Override
  public void onMessage(Wire on, Envelope message) throws TunnelException {
    switch (message.getBodyCase()) {
      case HELLO, WELCOME, LANE_REQUEST, LANE_OFFER, LANE_ANSWER, LANE_REFUSED ->
          throw Role.unexpected(message, "a message of control links");
      default -> {
        if (listener != null) {
          listener.onMessage(this, message);
        }
      }
    }
  }

  @Override
  public void onEnded(ReasonCode reason, String text, int retryAfter) {
    retryAfterSeconds = retryAfter;
    if (listener != null) {
      listener.onClosed(this, reason, text);
    }
  }

  @Override
  public String toString() {
    return "control link with " + peerId;
  }
}

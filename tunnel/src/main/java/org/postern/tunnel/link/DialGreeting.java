package org.postern.tunnel.link;

import io.netty.util.concurrent.Promise;
import java.util.function.BiFunction;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Welcome;

/**
 * First role of a connection that we dialled: is it our broker, Hello, Welcome.
 *
 * @param <T> what the connection becomes
 */
final class DialGreeting<T> implements Role {
  private final DialerConfig config;
  private final Hello hello;
  private final Promise<T> promise;
  private final BiFunction<Wire, Greeted, T> becomes;
  private @Nullable String peerId;

  /** What is known once the Welcome is there. */
  record Greeted(String peerId, Hello hello, Welcome welcome) {}

  DialGreeting(
      DialerConfig config, Hello hello, Promise<T> promise, BiFunction<Wire, Greeted, T> becomes) {
    this.config = config;
    this.hello = hello;
    this.promise = promise;
    this.becomes = becomes;
  }

  @Override
  public void onSecured(Wire wire, SSLSession session) throws TunnelException {
    try {
      peerId = config.peerCheck().spiffeId(session);
    } catch (SSLPeerUnverifiedException e) {
      throw new TunnelException(ReasonCode.KIND_NOT_ALLOWED, "not our broker: " + e.getMessage());
    }
    wire.expectWithin(
        config.limits().deadlines().hello(), ReasonCode.HELLO_TIMEOUT, "no Welcome in time");
    wire.send(Envelope.newBuilder().setHello(hello).build());
  }

  @Override
  public void onMessage(Wire wire, Envelope message) throws TunnelException {
    String id = peerId;
    if (id == null || message.getBodyCase() != Envelope.BodyCase.WELCOME) {
      throw Role.unexpected(message, "WELCOME");
    }
    Welcome welcome = message.getWelcome();
    if (welcome.getVersion() != TunnelProtocol.VERSION) {
      throw new TunnelException(
          ReasonCode.VERSION_UNSUPPORTED,
          "version %d (expected: %d)".formatted(welcome.getVersion(), TunnelProtocol.VERSION));
    }
    T ready = becomes.apply(wire, new Greeted(id, hello, welcome));
    if (!promise.trySuccess(ready)) {
      wire.fail(ReasonCode.REASON_UNSPECIFIED, "no longer wanted", 0);
    }
  }

  @Override
  public void onEnded(ReasonCode reason, String text, int retryAfterSeconds) {
    promise.tryFailure(new TunnelException(reason, text, retryAfterSeconds));
  }
}

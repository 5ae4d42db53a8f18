package org.postern.broker.front;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one route's requests: gate first, then the body within its limit, then the endpoint, all
 * before the deadline. Called on Vert.x event loops; gate and endpoint run on virtual threads.
 */
final class Dispatcher implements Handler<RoutingContext> {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
  private static final int REQUEST_ID_BYTES = 10;

  private final Vertx vertx;
  private final Route route;
  private final HttpsLimits limits;
  private final Executor blocking;
  private final Semaphore places;
  private final Semaphore largePlaces;

  Dispatcher(
      Vertx vertx,
      Route route,
      HttpsLimits limits,
      Executor blocking,
      Semaphore places,
      Semaphore largePlaces) {
    this.largePlaces = largePlaces;
    this.vertx = vertx;
    this.route = route;
    this.limits = limits;
    this.blocking = blocking;
    this.places = places;
  }

  @Override
  public void handle(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    request.pause();
    Optional<Head> head = head(routing);
    if (head.isEmpty()) {
      finish(
          routing,
          Reply.problem(
              400,
              "bad-request",
              "A parameter came twice, or the address is not an IP address",
              "Send each parameter once."));
      return;
    }
    if (declaredLength(request) > route.bodyBytesMax()) {
      finish(routing, tooLarge());
      return;
    }
    if (!places.tryAcquire()) {
      finish(routing, busy().with("Retry-After", "5"));
      return;
    }
    Context loop = vertx.getOrCreateContext();
    long timer = vertx.setTimer(deadline().toMillis(), expired -> finish(routing, tooSlow()));
    blocking.execute(() -> {
      Reply reply;
      try {
        reply = answer(loop, request, head.get());
      } finally {
        places.release();
        vertx.cancelTimer(timer);
      }
      Reply answer = reply;
      loop.runOnContext(nothing -> finish(routing, answer));
    });
  }

  /** On a virtual thread. */
  private Reply answer(Context loop, HttpServerRequest request, Head head) {
    try (Body body = new Body(route.bodyBytesMax(), limits.largeBytes(), largePlaces)) {
      Optional<Reply> refusal = route.gate().refuse(head);
      if (refusal.isPresent()) {
        return refusal.get();
      }
      return route
          .endpoint()
          .answer(
              head, route.bodyBytesMax() == 0 ? new byte[0] : body.read(loop, request, deadline()));
    } catch (ExecutionException e) {
      return switch (e.getCause()) {
        case Body.TooLarge tooLarge -> tooLarge();
        case Body.NoPlace noPlace -> busy().with("Retry-After", "5");
        case null, default -> peerGone();
      };
    } catch (TimeoutException e) {
      return tooSlow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return busy();
    } catch (Exception e) {
      LOG.error("{} failed", head, e);
      return ourFault();
    }
  }

  private Duration deadline() {
    return limits.deadline(route.bodyBytesMax());
  }

  /** On the event loop. Answers, and reads off a bounded rest of a body that nobody wanted. */
  private void finish(RoutingContext routing, Reply reply) {
    HttpServerRequest request = routing.request();
    if (routing.response().ended()) {
      return;
    }
    if (!request.isEnded()) {
      if (hasBody(request) && request.version() != HttpVersion.HTTP_2) {
        routing.response().putHeader("Connection", "close");
      }
      Leftover.discard(
          vertx,
          request,
          route.tooLarge().isPresent() ? limits.pageLeftoverBytesMax() : limits.bodyBytesMax());
    }
    HttpsDoor.answer(routing.response(), reply);
  }

  private static boolean hasBody(HttpServerRequest request) {
    return declaredLength(request) > 0 || request.getHeader("Transfer-Encoding") != null;
  }

  private static long declaredLength(HttpServerRequest request) {
    String length = request.getHeader("Content-Length");
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static Optional<Head> head(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    Map<String, String> query = new HashMap<>();
    for (Map.Entry<String, String> each : routing.queryParams()) {
      if (query.put(each.getKey(), each.getValue()) != null) {
        return Optional.empty();
      }
    }
    Map<String, String> headers = new HashMap<>();
    request
        .headers()
        .forEach((name, value) -> headers.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    // Over HTTP/2 a browser may send each cookie in a field of its own (RFC 9113 section 8.2.3).
    List<String> cookies = request.headers().getAll("Cookie");
    if (cookies.size() > 1) {
      headers.put("cookie", String.join("; ", cookies));
    }
    // Ours alone: a caller who chose it could make the log point elsewhere.
    headers.put(Head.REQUEST_ID, requestId(routing));
    try {
      return Optional.of(
          new Head(
              request.method().name(),
              routing.normalizedPath(),
              query,
              routing.pathParams(),
              headers,
              InetAddress.getByName(request.connection().remoteAddress().hostAddress())));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  private static String requestId(RoutingContext routing) {
    byte[] bytes = new byte[REQUEST_ID_BYTES];
    ThreadLocalRandom.current().nextBytes(bytes);
    String id = "r-" + HexFormat.of().formatHex(bytes);
    routing.response().putHeader("X-Request-Id", id);
    return id;
  }

  private Reply tooLarge() {
    return route
        .tooLarge()
        .orElseGet(() ->
            Reply.problem(
                413,
                "body-too-large",
                "The request's body is too large",
                "This path takes at most %d bytes.".formatted(route.bodyBytesMax())));
  }

  private static Reply tooSlow() {
    return Reply.problem(
        503, "deadline", "The request took too long", "Try again; if it stays so, see the log.");
  }

  private static Reply busy() {
    return Reply.problem(503, "busy", "The broker is busy", "Try again in a few seconds.");
  }

  private static Reply peerGone() {
    return Reply.problem(400, "incomplete", "The request ended too early", "Send it again.");
  }

  static Reply ourFault() {
    return Reply.problem(
        500, "internal", "Something went wrong in the broker", "The broker's log says what.");
  }
}

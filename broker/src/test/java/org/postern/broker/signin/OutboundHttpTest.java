package org.postern.broker.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a hostile or broken provider can do to us, over real sockets. */
final class OutboundHttpTest {

  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger hits = new AtomicInteger();
  private final CountDownLatch finished = new CountDownLatch(1);
  private HttpServer server;
  private OutboundHttp outbound;

  private static SignInLimits limits(Duration answer) {
    return new SignInLimits(
        1_000,
        answer,
        64,
        Duration.ofHours(1),
        Duration.ofDays(7),
        Duration.ofSeconds(30),
        4,
        Duration.ofSeconds(60),
        Duration.ofMinutes(10),
        Duration.ofSeconds(60),
        1_000,
        255,
        1_000,
        100);
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
    outbound = new OutboundHttp(vertx, limits(Duration.ofSeconds(30)), Optional.empty());
  }

  @AfterEach
  void stop() {
    finished.countDown();
    server.stop(0);
    vertx.close().await();
  }

  private void answer(HttpExchange exchange) throws IOException {
    hits.incrementAndGet();
    switch (exchange.getRequestURI().getPath()) {
      case "/small" -> send(exchange, 200, "{}");
      case "/redirect" -> {
        exchange.getResponseHeaders().set("Location", "/small");
        send(exchange, 302, "");
      }
      case "/large" -> send(exchange, 200, "x".repeat(1_001));
      case "/endless" -> {
        exchange.sendResponseHeaders(200, 0);
        byte[] piece = new byte[100];
        try {
          for (int i = 0; i < 1_000_000; i++) {
            exchange.getResponseBody().write(piece);
          }
        } catch (IOException e) {
          exchange.close();
        }
      }
      case "/slow" -> {
        exchange.sendResponseHeaders(200, 10);
        exchange.getResponseBody().write('x');
        exchange.getResponseBody().flush();
        await();
        exchange.close();
      }
      default -> send(exchange, 404, "");
    }
  }

  private void await() {
    try {
      if (!finished.await(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the test did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private Outbound.Request to(String path, boolean privateAllowed) {
    return Outbound.Request.get(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path), privateAllowed);
  }

  private void refused(Outbound.Request request, SignInFault fault, String word) {
    assertThatThrownBy(() -> outbound.send(request))
        .isInstanceOfSatisfying(
            SignInException.class,
            e -> {
              assertThat(e.fault()).isEqualTo(fault);
              assertThat(e).hasMessageContaining(word);
            });
  }

  @Test
  void answerWithinTheLimitsComesThrough() throws Exception {
    assertThat(outbound.send(to("/small", true)).body()).isEqualTo("{}");
  }

  @Test
  void privateAddressNeedsTheOperatorsWord() {
    refused(to("/small", false), SignInFault.PROVIDER_FORBIDDEN, "private address");
    assertThat(hits).hasValue(0);
  }

  @Test
  void nameThatLeadsToAPrivateAddressIsNoWayAround() {
    Outbound.Request request =
        Outbound.Request.get(
            URI.create("http://localhost:" + server.getAddress().getPort() + "/small"), false);
    refused(request, SignInFault.PROVIDER_FORBIDDEN, "private address");
    assertThat(hits).hasValue(0);
  }

  @Test
  void redirectIsNotFollowed() {
    refused(to("/redirect", true), SignInFault.PROVIDER_UNREACHABLE, "redirect");
    assertThat(hits).hasValue(1);
  }

  @Test
  void oversizeAnswerIsCutOff() {
    refused(to("/large", true), SignInFault.PROVIDER_UNREACHABLE, "longer than 1000 bytes");
    refused(to("/endless", true), SignInFault.PROVIDER_UNREACHABLE, "longer than 1000 bytes");
  }

  @Test
  void slowAnswerIsGivenUp() {
    outbound = new OutboundHttp(vertx, limits(Duration.ofSeconds(2)), Optional.empty());
    refused(to("/slow", true), SignInFault.PROVIDER_UNREACHABLE, "");
  }

  @Test
  void otherSchemesAreRefused() {
    for (String address :
        new String[] {"file:///etc/passwd", "ftp://127.0.0.1/", "https://user@127.0.0.1/"}) {
      refused(
          Outbound.Request.get(URI.create(address), true), SignInFault.PROVIDER_MISCONFIGURED, "");
    }
  }
}

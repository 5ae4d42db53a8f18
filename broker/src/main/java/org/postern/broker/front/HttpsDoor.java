package org.postern.broker.front;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.identity.ServerCertificate;

/**
 * The HTTPS door: TLS 1.3 and 1.2, HTTP/1.1 and HTTP/2, on a Unix domain socket behind PROXY
 * protocol v2. Every answer carries the security headers; every request has a deadline, a size and
 * a place among a limited number. Endpoints run on virtual threads. {@link #open} and {@link
 * #close} block.
 */
public final class HttpsDoor {
  private static final int HTTP2_STREAMS = 64;
  private static final int PROXY_HEADER_SECONDS = 5;
  private static final Map<String, String> SECURITY_HEADERS =
      Map.of(
          "Strict-Transport-Security", "max-age=31536000",
          "Content-Security-Policy",
              "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
                  + " form-action 'none'; frame-ancestors 'none'",
          "X-Content-Type-Options", "nosniff",
          "Referrer-Policy", "no-referrer",
          "Cross-Origin-Opener-Policy", "same-origin",
          "Cross-Origin-Resource-Policy", "same-origin",
          "Permissions-Policy", "camera=(), microphone=(), geolocation=()",
          "Cache-Control", "no-store");

  private final Vertx vertx;
  private final HttpsLimits limits;
  private final List<Route> routes;
  private final Executor blocking;
  private @Nullable HttpServer server;

  /**
   * A door that is not open yet.
   *
   * @param blocking runs gates and endpoints, a virtual thread for each
   */
  public HttpsDoor(WebLoops web, HttpsLimits limits, List<Route> routes, Executor blocking) {
    this.vertx = web.vertx();
    this.limits = limits;
    this.routes = List.copyOf(routes);
    this.blocking = blocking;
  }

  /** Listens on the socket, which must be in a folder that only this process's user can enter. */
  public void open(Path socket, ServerCertificate certificate) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setUseProxyProtocol(true)
            .setProxyProtocolTimeout(PROXY_HEADER_SECONDS)
            .setProxyProtocolTimeoutUnit(TimeUnit.SECONDS)
            .setSsl(true)
            .setUseAlpn(true)
            .setKeyCertOptions(keyCert(certificate))
            .setMaxInitialLineLength(limits.uriBytesMax())
            .setMaxHeaderSize(limits.headerBytesMax())
            .setIdleTimeout((int) limits.idleTimeout().toSeconds())
            .setInitialSettings(
                new Http2Settings()
                    .setMaxConcurrentStreams(HTTP2_STREAMS)
                    .setMaxHeaderListSize(limits.headerBytesMax()));
    options.setEnabledSecureTransportProtocols(java.util.Set.of("TLSv1.3", "TLSv1.2"));
    server =
        vertx
            .createHttpServer(options)
            .requestHandler(router())
            .listen(SocketAddress.domainSocketAddress(socket.toString()))
            .await();
  }

  /** Serves new connections with another certificate. */
  public void present(ServerCertificate certificate) {
    if (server != null) {
      ServerSSLOptions options = new ServerSSLOptions();
      options.setKeyCertOptions(keyCert(certificate));
      options.setUseAlpn(true);
      options.setApplicationLayerProtocols(List.of("h2", "http/1.1"));
      server.updateSSLOptions(options).await();
    }
  }

  /** Stops; open connections are closed. */
  public void close() {
    if (server != null) {
      server.close().await();
    }
  }

  private static PemKeyCertOptions keyCert(ServerCertificate certificate) {
    return new PemKeyCertOptions()
        .addCertValue(Buffer.buffer(certificate.chainPem()))
        .addKeyValue(Buffer.buffer(certificate.keyPem()));
  }

  private Router router() {
    Router router = Router.router(vertx);
    router.route().handler(HttpsDoor::secure);
    Semaphore places = new Semaphore(limits.requestsMax());
    Semaphore largePlaces = new Semaphore(limits.largeMax());
    for (Route route : routes) {
      router
          .route(HttpMethod.valueOf(route.method()), route.path())
          .handler(new Dispatcher(vertx, route, limits, blocking, places, largePlaces));
    }
    for (int status : new int[] {400, 404, 405, 406, 413, 414, 415, 500}) {
      router.errorHandler(status, context -> answer(context.response(), noSuchThing(status)));
    }
    return router;
  }

  private static void secure(RoutingContext context) {
    SECURITY_HEADERS.forEach(context.response()::putHeader);
    context.next();
  }

  private static Reply noSuchThing(int status) {
    return switch (status) {
      case 404 ->
          Reply.problem(
              404,
              "not-found",
              "There is nothing at this address",
              "Check the path for a typing error.");
      case 405 ->
          Reply.problem(
              405, "method-not-allowed", "This path does not take this method", "Try GET or POST.");
      case 500 -> Dispatcher.ourFault();
      default ->
          Reply.problem(
              status, "bad-request", "The request could not be read", "Check it for errors.");
    };
  }

  static void answer(HttpServerResponse response, Reply reply) {
    if (response.ended() || response.closed()) {
      return;
    }
    response.setStatusCode(reply.status()).putHeader("Content-Type", reply.contentType());
    reply.headers().forEach(response::putHeader);
    if (!reply.cookies().isEmpty()) {
      response.putHeader("Set-Cookie", reply.cookies());
    }
    response.end(Buffer.buffer(reply.bytes()));
  }
}

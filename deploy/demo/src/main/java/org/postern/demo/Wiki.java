package org.postern.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The private web application: pages, bulk transfers, and a stream that never ends by itself. */
final class Wiki {
  private static final Duration TICK = Duration.ofMillis(20);
  private static final int BACKLOG = 128;

  private final String title;
  private final LongSupplier nanoTime;
  private final Map<String, String> sent = new ConcurrentHashMap<>();
  private final Map<String, Long> ticksEnded = new ConcurrentHashMap<>();

  Wiki(String title, LongSupplier nanoTime) {
    this.title = title;
    this.nanoTime = nanoTime;
  }

  /** Serves until the process ends. */
  void serve(Layout.App app) throws IOException {
    HttpServer server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.ofLiteral(app.address()), app.port()), BACKLOG);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> text(exchange, page()));
    server.createContext("/secret", this::secret);
    server.createContext("/bulk", this::bulk);
    server.createContext(
        "/sent", exchange -> text(exchange, sent.getOrDefault(query(exchange, "seed"), "")));
    server.createContext("/ticks", this::ticks);
    server.start();
  }

  /** When the stream of that name could not be written any more; null: it can. */
  @Nullable Long ticksEnded(String name) {
    return ticksEnded.get(name);
  }

  private String page() {
    return """
    <!doctype html><html lang="en"><meta charset="utf-8"><title>%1$s</title>
    <h1>%1$s</h1><p>You are reading a page that only exists inside the private network.</p></html>
    """
        .formatted(title);
  }

  /** The answer is the question's letters the other way round, so that both can be looked for. */
  private void secret(HttpExchange exchange) throws IOException {
    text(exchange, new StringBuilder(query(exchange, "word")).reverse().toString());
  }

  private void bulk(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("GET")) {
      long bytes = Long.parseLong(query(exchange, "bytes"));
      String seed = query(exchange, "seed");
      exchange.sendResponseHeaders(200, bytes);
      try (OutputStream out = exchange.getResponseBody()) {
        sent.put(seed, BulkStream.write(Long.parseLong(seed), bytes, out));
      }
    } else {
      BulkStream.Read read = BulkStream.read(exchange.getRequestBody());
      text(exchange, read.bytes() + " " + read.sha256());
    }
  }

  private void ticks(HttpExchange exchange) throws IOException {
    String name = query(exchange, "name");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      for (long i = 0; ; i++) {
        out.write(("tick " + i + "\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
        LockSupport.parkNanos(TICK.toNanos());
      }
    } finally {
      ticksEnded.put(name, nanoTime.getAsLong());
    }
  }

  private static void text(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
    exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private static String query(HttpExchange exchange, String key) {
    Map<String, String> values = new HashMap<>();
    String query = exchange.getRequestURI().getQuery();
    for (String pair : (query == null ? "" : query).split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        values.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    return values.getOrDefault(key, "");
  }
}

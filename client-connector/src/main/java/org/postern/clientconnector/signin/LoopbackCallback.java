package org.postern.clientconnector.signin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits on a loopback port for the browser to come back with the code (RFC 8252 section 7.3). Takes
 * the first visit whose state is ours; every other one gets 400 and changes nothing.
 */
final class LoopbackCallback implements AutoCloseable {
  private static final String PATH = "/callback";
  private static final int BACKLOG = 4;

  private final HttpServer server;
  private final String state;
  private final CompletableFuture<Map<String, String>> answer = new CompletableFuture<>();

  LoopbackCallback(String state) throws IOException {
    this.state = state;
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(PATH, this::visit);
    server.start();
  }

  /** Where the broker sends the browser back to. */
  URI redirectUri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + PATH);
  }

  /** The query of the browser's visit. */
  Map<String, String> await(Duration patience) throws SignInException {
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new SignInException(
          "nobody signed in within %d minutes; run 'postern login' again"
              .formatted(patience.toMinutes()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SignInException("interrupted", e);
    } catch (ExecutionException e) {
      throw new SignInException("the browser's answer could not be read", e);
    }
  }

  private void visit(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> query = parse(exchange.getRequestURI().getRawQuery());
      boolean ours =
          exchange.getRequestMethod().equals("GET")
              && MessageDigest.isEqual(
                  query.getOrDefault("state", "").getBytes(StandardCharsets.UTF_8),
                  state.getBytes(StandardCharsets.UTF_8));
      String text =
          !ours
              ? "This page is not part of a sign-in that is under way on this device."
              : query.containsKey("code")
                  ? "You are signed in. You can close this page and go back to the terminal."
                  : "Signing in did not succeed. "
                      + escape(query.getOrDefault("error_description", "The terminal says why."));
      byte[] page = page(text).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange
          .getResponseHeaders()
          .set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
      exchange.sendResponseHeaders(ours ? 200 : 400, page.length);
      exchange.getResponseBody().write(page);
      if (ours) {
        answer.complete(query);
      }
    }
  }

  private static String page(String text) {
    return """
    <!doctype html><html lang="en"><meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <meta name="color-scheme" content="light dark"><title>Postern</title>
    <style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1.5rem}</style>
    <h1>Postern</h1><p>%s</p></html>
    """
        .formatted(text);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static Map<String, String> parse(@org.jspecify.annotations.Nullable String query) {
    Map<String, String> values = new HashMap<>();
    if (query == null) {
      return values;
    }
    for (String pair : query.split("&", 32)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        values.putIfAbsent(
            URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return values;
  }

  @Override
  public void close() {
    server.stop(1);
  }
}

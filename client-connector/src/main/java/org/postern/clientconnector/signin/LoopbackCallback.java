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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Waits on a loopback port for the browser to come back with the code (RFC 8252 section 7.3). Takes
 * the first visit whose state is ours; every other one gets 400 and changes nothing.
 */
final class LoopbackCallback implements AutoCloseable {
  private static final String PATH = "/callback";

  /** What the broker says ends with the reason's name. */
  private static final Pattern CODED = Pattern.compile("(.*) \\(([a-z-]+)\\)", Pattern.DOTALL);

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
      byte[] page = page(query, ours).getBytes(StandardCharsets.UTF_8);
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

  private static String page(Map<String, String> query, boolean ours) {
    if (!ours) {
      return page(
          "Nobody waits for this sign-in",
          "It is over, or it was begun elsewhere. To sign in, run postern login.");
    }
    if (query.containsKey("code")) {
      return page("You are signed in", "You can close this page and go back to the terminal.");
    }
    String why = escape(query.getOrDefault("error_description", "The terminal says why."));
    Matcher coded = CODED.matcher(why);
    return page(
        "You are not signed in",
        coded.matches()
            ? coded.group(1) + "</p><p class=\"small\">Reason: <code>" + coded.group(2) + "</code>"
            : why);
  }

  /** It looks as the broker's pages do. */
  private static String page(String title, String text) {
    return """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>%1$s</title>
    <style>
    :root { color-scheme: light dark; --ink: #16202c; --paper: #f4f6f8; --card: #fff; --line: #d5dce3;
      --soft: #5a6675; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #11161c; --card: #1a212a;
      --line: #303b47; --soft: #9aa7b5; } }
    * { box-sizing: border-box; }
    body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
      background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
    main { width: 100%%; max-width: 26rem; padding: 2rem 1.5rem; background: var(--card);
      border: 1px solid var(--line); border-radius: .75rem; }
    h1 { margin: 0 0 .75rem; font-size: 1.35rem; line-height: 1.25; }
    p { margin: 0 0 1rem; overflow-wrap: anywhere; }
    p:last-child { margin: 0; }
    .small { color: var(--soft); font-size: .875rem; }
    code { font-family: ui-monospace, monospace; }
    </style>
    </head>
    <body>
    <main>
    <h1>%1$s</h1>
    <p>%2$s</p>
    </main>
    </body>
    </html>
    """
        .formatted(title, text);
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

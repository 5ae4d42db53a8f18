package org.postern.broker.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a browser brings the login code (RFC 8252 section 7.3). Takes the first visit whose state
 * is ours; every other one gets 400 and changes nothing.
 */
final class LoopbackDoor implements AutoCloseable {
  private static final String PATH = "/callback";
  private static final int BACKLOG = 4;
  private static final Pattern QUERY =
      Pattern.compile("code=([A-Za-z0-9_-]{1,4096})&state=([A-Za-z0-9_-]{1,128})");

  private final HttpServer server;
  private final String state;
  private final CompletableFuture<String> code = new CompletableFuture<>();

  LoopbackDoor(String state) throws IOException {
    this.state = state;
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(PATH, this::visit);
    server.start();
  }

  String redirect() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + PATH;
  }

  String await(Duration patience) {
    try {
      return code.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new CommandException(
          ExitCode.TOKEN,
          "nobody signed in within %d minutes; run 'postern admin login' again"
              .formatted(patience.toMinutes()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.TOKEN, "interrupted");
    } catch (ExecutionException e) {
      throw new CommandException(ExitCode.TOKEN, "the browser's answer could not be read");
    }
  }

  private void visit(HttpExchange exchange) throws IOException {
    try (exchange) {
      Matcher query = QUERY.matcher(String.valueOf(exchange.getRequestURI().getRawQuery()));
      boolean ours =
          exchange.getRequestMethod().equals("GET")
              && query.matches()
              && MessageDigest.isEqual(
                  query.group(2).getBytes(StandardCharsets.UTF_8),
                  state.getBytes(StandardCharsets.UTF_8));
      String text =
          ours
              ? "The terminal is let in. You can close this page."
              : "This page is not part of a login that is under way on this machine.";
      byte[] page =
          """
          <!doctype html><html lang="en"><meta charset="utf-8">
          <meta name="viewport" content="width=device-width,initial-scale=1">
          <meta name="color-scheme" content="light dark"><title>Postern</title>
          <style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1.5rem}</style>
          <h1>Postern</h1><p>%s</p></html>
          """
              .formatted(text)
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange
          .getResponseHeaders()
          .set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
      exchange.sendResponseHeaders(ours ? 200 : 400, page.length);
      exchange.getResponseBody().write(page);
      if (ours) {
        code.complete(query.group(1));
      }
    }
  }

  @Override
  public void close() {
    server.stop(1);
  }
}

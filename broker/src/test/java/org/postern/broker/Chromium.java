package org.postern.broker;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real Chromium without a window, told what to do over the DevTools protocol. One page, one
 * caller at a time.
 */
public final class Chromium implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final Path profile;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();

  private Chromium(Process process, Path profile) throws Exception {
    this.process = process;
    this.profile = profile;
    Path file = profile.resolve("DevToolsActivePort");
    await()
        .atMost(PATIENCE)
        .until(() -> Files.exists(file) && Files.readAllLines(file).size() == 2);
    String port = Files.readAllLines(file).getFirst();
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(pageAddress(port)), new Answers())
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static String pageAddress(String port) throws Exception {
    String list =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json")).build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    JsonNode pages = JSON.readTree(list);
    for (JsonNode page : pages) {
      if (page.path("type").asText().equals("page")) {
        return page.path("webSocketDebuggerUrl").asText();
      }
    }
    throw new IOException("Chromium has no page: " + pages);
  }

  /**
   * Starts it with a profile of its own.
   *
   * @param log where its messages go
   */
  public static Chromium start(Path folder, Path log) throws Exception {
    Path profile = Files.createTempDirectory(folder, "chromium");
    Process process =
        new ProcessBuilder(
                List.of(
                    "chromium",
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
                    // The deployment's own CA is not in the browser's store.
                    "--ignore-certificate-errors",
                    "--remote-debugging-port=0",
                    "--user-data-dir=" + profile,
                    "about:blank"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      return new Chromium(process, profile);
    } catch (Exception | Error e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private final class Answers implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        try {
          JsonNode answer = JSON.readTree(whole);
          CompletableFuture<JsonNode> caller = waiting.remove(answer.path("id").asInt(-1));
          if (caller != null) {
            caller.complete(answer);
          }
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }
  }

  /** For the parameters of a command. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** One command and its answer. */
  public JsonNode send(String method, ObjectNode parameters) throws Exception {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    ObjectNode message = object().put("id", id).put("method", method);
    message.set("params", parameters);
    socket.sendText(message.toString(), true).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    JsonNode whole = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (whole.has("error")) {
      throw new IOException(method + ": " + whole.path("error"));
    }
    return whole.path("result");
  }

  /** Goes to an address. */
  public void open(URI address) throws Exception {
    send("Page.enable", object());
    send("Page.navigate", object().put("url", address.toString()));
  }

  /** The value of an expression; promises are waited for. */
  public JsonNode value(String expression) throws Exception {
    JsonNode result =
        send(
            "Runtime.evaluate",
            object()
                .put("expression", expression)
                .put("returnByValue", true)
                .put("awaitPromise", true)
                .put("userGesture", true));
    if (result.has("exceptionDetails")) {
      throw new IOException(expression + ": " + result.path("exceptionDetails"));
    }
    return result.path("result").path("value");
  }

  /** Waits until an expression is true. */
  public void until(String expression) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .pollInterval(Duration.ofMillis(50))
        .until(() -> value(expression).asBoolean());
  }

  /** Clicks the element with this id. */
  public void click(String id) throws Exception {
    value("document.getElementById('" + id + "').click()");
  }

  /** Fills in the field with this id. */
  public void type(String id, String text) throws Exception {
    value("document.getElementById('%s').value = %s".formatted(id, JSON.writeValueAsString(text)));
  }

  /** What the element with this id says. */
  public String text(String id) throws Exception {
    return value("document.getElementById('" + id + "').textContent").asText();
  }

  /** Waits until this part of the page is the one that is shown. */
  void shows(String section) {
    until("!document.getElementById('" + section + "').hidden");
  }

  /** An authenticator built into the device, whose user always touches it and is verified. */
  String addAuthenticator() throws Exception {
    send("WebAuthn.enable", object());
    ObjectNode parameters = object();
    parameters
        .putObject("options")
        .put("protocol", "ctap2")
        .put("transport", "internal")
        .put("hasResidentKey", true)
        .put("hasUserVerification", true)
        .put("isUserVerified", true)
        .put("automaticPresenceSimulation", true);
    return send("WebAuthn.addVirtualAuthenticator", parameters).path("authenticatorId").asText();
  }

  /** The size of its window, and what the person prefers. */
  public void look(int width, int height, boolean dark) throws Exception {
    send(
        "Emulation.setDeviceMetricsOverride",
        object()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", width < 500));
    ObjectNode media = object();
    media
        .putArray("features")
        .addObject()
        .put("name", "prefers-color-scheme")
        .put("value", dark ? "dark" : "light");
    send("Emulation.setEmulatedMedia", media);
  }

  /** What the person sees, as a PNG. */
  public void screenshot(Path file) throws Exception {
    JsonNode shot =
        send(
            "Page.captureScreenshot",
            object().put("format", "png").put("captureBeyondViewport", true));
    Files.createDirectories(file.getParent());
    Files.write(file, Base64.getDecoder().decode(shot.path("data").asText()));
  }

  Path profile() {
    return profile;
  }

  @Override
  public void close() {
    socket.abort();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
  }
}

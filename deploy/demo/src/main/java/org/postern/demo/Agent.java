package org.postern.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A process of ours inside a room, which does there what it is told: one line of JSON for each
 * request and for each answer, on its standard input and output. See {@link AgentMain}.
 */
final class Agent implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration START = Duration.ofSeconds(40);

  private final String name;
  private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final AtomicLong ids = new AtomicLong();
  private final Program program;

  private Agent(String name, List<String> command, Path logs) throws DemoException {
    this.name = name;
    this.program = Program.start(new Program.Order(name, command, Map.of()), logs, this::answered);
  }

  /** Starts it and waits until its servers serve. */
  static Agent start(String name, List<String> command, Path logs) throws DemoException {
    Agent agent = new Agent(name, command, logs);
    agent.program.awaitLine("that it is ready", START, line -> line.equals(AgentMain.READY));
    return agent;
  }

  private void answered(String line) {
    if (!line.startsWith("{")) {
      return;
    }
    try {
      JsonNode answer = JSON.readTree(line);
      CompletableFuture<JsonNode> future = waiting.remove(answer.path("id").asLong());
      if (future != null) {
        future.complete(answer);
      }
    } catch (JsonProcessingException e) {
      System.err.println(name + " said what is not JSON: " + line);
    }
  }

  /**
   * Has it done.
   *
   * @throws DemoException when it failed there, with the reason, or no answer came in time
   */
  JsonNode call(String what, Map<String, ?> arguments, Duration limit) throws DemoException {
    long id = ids.incrementAndGet();
    CompletableFuture<JsonNode> future = new CompletableFuture<>();
    waiting.put(id, future);
    ObjectNode request = JSON.createObjectNode().put("id", id).put("do", what);
    request.set("with", JSON.valueToTree(arguments));
    try {
      synchronized (program) {
        program.input().write((request + "\n").getBytes(StandardCharsets.UTF_8));
        program.input().flush();
      }
      JsonNode answer = future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.has("error")) {
        throw new DemoException(answer.path("error").asText());
      }
      return answer.path("result");
    } catch (TimeoutException e) {
      throw new DemoException(
          what + " in " + name + " took more than " + limit.toSeconds() + " s", e);
    } catch (IOException | ExecutionException e) {
      throw new DemoException(name + " is gone: " + program.lastWords(5), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoException("interrupted", e);
    } finally {
      waiting.remove(id);
    }
  }

  /** It ends when its input does. */
  void askToEnd() {
    try {
      program.input().close();
    } catch (IOException e) {
      program.ask();
    }
  }

  @Override
  public void close() {
    askToEnd();
    program.close();
  }
}

package org.postern.broker.front;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An answer of the HTTPS door.
 *
 * @param headers besides the content type and the headers that every answer has
 * @param cookies each the value of a {@code Set-Cookie}
 */
public record Reply(
    int status,
    String contentType,
    String body,
    Map<String, String> headers,
    List<String> cookies) {
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);

  /** Copies the headers and cookies. */
  public Reply {
    headers = Map.copyOf(headers);
    cookies = List.copyOf(cookies);
  }

  /** Without a cookie. */
  public Reply(int status, String contentType, String body, Map<String, String> headers) {
    this(status, contentType, body, headers, List.of());
  }

  /** JSON of maps, lists, texts, numbers and truth values. */
  public static Reply json(int status, Object body) {
    return new Reply(status, "application/json", write(body), Map.of());
  }

  /** A page. */
  public static Reply html(int status, String body) {
    return new Reply(status, "text/html; charset=utf-8", body, Map.of());
  }

  /** Plain text or another text type. */
  public static Reply text(int status, String contentType, String body) {
    return new Reply(status, contentType, body, Map.of());
  }

  /** Sends the browser on (303, so that it always uses GET). */
  public static Reply redirect(String location) {
    return new Reply(303, "text/plain; charset=utf-8", "", Map.of("Location", location));
  }

  /**
   * A refusal (RFC 9457).
   *
   * @param code short and stable, for programs: {@code body-too-large}
   * @param title what went wrong
   * @param detail what to do next
   */
  public static Reply problem(int status, String code, String title, String detail) {
    return problem(status, code, title, detail, Map.of());
  }

  /** A refusal with members of its own. */
  public static Reply problem(
      int status, String code, String title, String detail, Map<String, ?> more) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", "urn:postern:problem:" + code);
    body.put("title", title);
    body.put("status", status);
    body.put("detail", detail);
    body.putAll(more);
    return new Reply(status, "application/problem+json", write(body), Map.of());
  }

  /** The same answer with one header more. */
  public Reply with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, contentType, body, more, cookies);
  }

  /** The same answer with one cookie more, that the browser keeps or forgets. */
  public Reply withCookie(String cookie) {
    List<String> more = new ArrayList<>(cookies);
    more.add(cookie);
    return new Reply(status, contentType, body, headers, more);
  }

  byte[] bytes() {
    return body.getBytes(StandardCharsets.UTF_8);
  }

  private static String write(Object body) {
    try {
      return JSON.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a JSON value: " + body.getClass(), e);
    }
  }

  /** Bodies may hold one-time codes. */
  @Override
  public String toString() {
    return status + " " + contentType;
  }
}

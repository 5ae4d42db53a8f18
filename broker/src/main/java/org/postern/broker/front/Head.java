package org.postern.broker.front;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request without its body: what may be looked at before anything more is read.
 *
 * @param path decoded path
 * @param query query parameters; a parameter that came twice has been refused already
 * @param pathParameters values of the route's {@code :name} parts
 * @param headers by lower-case name; of a repeated header, the first; of cookies, all
 * @param from the peer's address as the port saw it
 */
public record Head(
    String method,
    String path,
    Map<String, String> query,
    Map<String, String> pathParameters,
    Map<String, String> headers,
    InetAddress from) {
  static final String REQUEST_ID = "x-request-id";

  /** Copies the maps. */
  public Head {
    query = Map.copyOf(query);
    pathParameters = Map.copyOf(pathParameters);
    headers = Map.copyOf(headers);
  }

  /** A header by its name in any case. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
  }

  /** This request's id, made here; the answer carries it, and so does the audit log. */
  public String requestId() {
    return headers.getOrDefault(REQUEST_ID, "");
  }

  /** A query parameter, or nothing when it is absent or empty. */
  public Optional<String> parameter(String name) {
    return Optional.ofNullable(query.get(name)).filter(value -> !value.isEmpty());
  }

  /** A part of the path that the route names. */
  public Optional<String> pathParameter(String name) {
    return Optional.ofNullable(pathParameters.get(name));
  }

  /** The value of a cookie. */
  public Optional<String> cookie(String name) {
    for (String pair : headers.getOrDefault("cookie", "").split(";", -1)) {
      String trimmed = pair.strip();
      if (trimmed.startsWith(name + "=")) {
        return Optional.of(trimmed.substring(name.length() + 1));
      }
    }
    return Optional.empty();
  }

  /** Query values may hold codes and states, so the text form leaves them and the headers out. */
  @Override
  public String toString() {
    return method + " " + path + " from " + from.getHostAddress();
  }
}

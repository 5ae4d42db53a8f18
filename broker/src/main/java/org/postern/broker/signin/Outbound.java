package org.postern.broker.signin;

import java.io.IOException;
import java.net.URI;
import java.util.Map;

/** The one way out to identity providers: with limits on time, size and place. Blocking. */
public interface Outbound {

  /**
   * A request.
   *
   * @param headers besides those of the transport
   * @param body empty for none
   * @param privateAllowed the operator has said that this issuer may live at a private address
   * @param provesItself the answer is signed by somebody known, so that it may come without TLS
   */
  record Request(
      String method,
      URI uri,
      Map<String, String> headers,
      String body,
      boolean privateAllowed,
      boolean provesItself) {
    /** Copies the headers. */
    public Request {
      headers = Map.copyOf(headers);
    }

    /** One whose answer is good because of the way on which it comes. */
    public Request(
        String method, URI uri, Map<String, String> headers, String body, boolean privateAllowed) {
      this(method, uri, headers, body, privateAllowed, false);
    }

    /** A plain question. */
    public static Request get(URI uri, boolean privateAllowed) {
      return new Request("GET", uri, Map.of("Accept", "application/json"), "", privateAllowed);
    }

    /** Headers and body may hold the client's secret. */
    @Override
    public String toString() {
      return method + " " + uri.getHost();
    }
  }

  /**
   * An answer with any status but a redirect's.
   *
   * @param date the header, or empty
   */
  record Answer(int status, String contentType, String date, String body) {}

  /** It answered with a redirect. */
  final class Redirected extends IOException {
    private static final long serialVersionUID = 1L;

    private final String location;

    Redirected(String location) {
      super("it answers with a redirect, which is not followed");
      this.location = location;
    }

    /** Where to; may be empty, and is a stranger's word. */
    public String location() {
      return location;
    }
  }

  /** It answered with too much. */
  final class TooLarge extends IOException {
    private static final long serialVersionUID = 1L;

    TooLarge(int bytesMax) {
      super("its answer is longer than " + bytesMax + " bytes");
    }
  }

  /**
   * Sends.
   *
   * @throws SignInException when the address may not be used, or no answer came within the limits
   */
  Answer send(Request request) throws SignInException;
}

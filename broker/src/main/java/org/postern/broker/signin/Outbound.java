package org.postern.broker.signin;

import java.net.URI;
import java.util.Map;

/** The one way out to identity providers: with limits on time, size and place. Blocking. */
interface Outbound {

  /**
   * A request.
   *
   * @param headers besides those of the transport
   * @param body empty for none
   * @param privateAllowed the operator has said that this issuer may live at a private address
   */
  record Request(
      String method, URI uri, Map<String, String> headers, String body, boolean privateAllowed) {
    public Request {
      headers = Map.copyOf(headers);
    }

    static Request get(URI uri, boolean privateAllowed) {
      return new Request("GET", uri, Map.of("Accept", "application/json"), "", privateAllowed);
    }

    /** Headers and body may hold the client's secret. */
    @Override
    public String toString() {
      return method + " " + uri.getHost();
    }
  }

  /** An answer with any status but a redirect's. */
  record Answer(int status, String contentType, String body) {}

  /**
   * Sends.
   *
   * @throws SignInException when the address may not be used, or no answer came within the limits
   */
  Answer send(Request request) throws SignInException;
}

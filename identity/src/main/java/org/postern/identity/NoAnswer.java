package org.postern.identity;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;

/** Why an HTTPS request got no answer, in words for a person. Any thread. */
public final class NoAnswer {
  private NoAnswer() {}

  /**
   * A part of a sentence, without what to do about it.
   *
   * @param url that was asked
   * @param e what Java's HTTP client says
   */
  public static String reason(URI url, IOException e) {
    Throwable deepest = e;
    boolean refused = false;
    boolean certificate = false;
    for (Throwable each = e; each != null; each = each.getCause()) {
      deepest = each;
      refused |= each instanceof ConnectException;
      certificate |= each instanceof SSLException;
    }
    String message = deepest.getMessage();
    String words = message == null ? deepest.getClass().getSimpleName() : message;
    if (deepest instanceof UnresolvedAddressException) {
      return "no address is known for " + url.getHost();
    }
    if (e instanceof HttpConnectTimeoutException) {
      return "it cannot be connected to in time";
    }
    if (e instanceof HttpTimeoutException) {
      return "it was connected to, but did not answer in time";
    }
    if (certificate) {
      return "TLS: " + words;
    }
    return refused && message == null ? "nothing listens there" : words;
  }
}

package org.postern.broker.signin;

import java.net.ConnectException;
import java.net.URI;
import java.util.Optional;
import org.postern.identity.TlsTrouble;

/** What keeps an answer from coming, in words with which somebody can mend it. */
final class OutboundTrouble {
  private OutboundTrouble() {}

  /** It failed on the way. */
  static SignInException of(URI uri, Throwable cause) {
    Optional<TlsTrouble> tls = TlsTrouble.behind(cause);
    if (tls.isPresent()) {
      return of(uri, tls.get(), cause);
    }
    if (find(cause, ConnectException.class)) {
      return trouble(
          uri,
          "no connection to port %d (%s)".formatted(port(uri), cause.getMessage()),
          "Check that it runs, and that a firewall lets the broker's host connect to it.");
    }
    if (cause instanceof Outbound.Redirected || cause instanceof Outbound.TooLarge) {
      return new SignInException(
              SignInFault.PROVIDER_UNREACHABLE, uri.getHost() + ": " + cause.getMessage(), cause)
          .advising(
              cause instanceof Outbound.Redirected
                  ? "Configure the address that it leads to."
                  : "Check the address: nothing that a sign-in needs is so large.");
    }
    return trouble(
        uri, String.valueOf(cause.getMessage()), "Try again; check the way to it from here.");
  }

  private static SignInException of(URI uri, TlsTrouble tls, Throwable cause) {
    return switch (tls) {
      case EXPIRED ->
          trouble(uri, "its TLS certificate has ended", "Renew it there; compare the clocks.");
      case NOT_YET_VALID ->
          trouble(uri, "its TLS certificate is not valid yet", "Set the clock here by NTP.");
      case UNTRUSTED ->
          trouble(
              uri,
              "its TLS certificate is signed by nobody who is trusted here",
              "If its CA is your own, start every broker with --issuer-ca FILE.");
      case OTHER_NAME ->
          trouble(
              uri,
              "its TLS certificate is for another name",
              "Use the name that the certificate has, or put this name into the certificate.");
      case FAILED ->
          trouble(
              uri,
              "TLS failed (%s)".formatted(cause.getMessage()),
              "It must speak TLS 1.2 or later there, and no plain HTTP.");
    };
  }

  /** Its name says nothing. */
  static SignInException nameUnknown(URI uri) {
    return trouble(
        uri,
        "its name does not resolve",
        "Check the address for a typing error, and the resolver of the broker's host.");
  }

  /** It takes too long. */
  static SignInException tooSlow(URI uri, java.time.Duration deadline) {
    return trouble(
        uri,
        "no complete answer within %d s".formatted(deadline.toSeconds()),
        "Check that it runs, and that a firewall does not swallow what the broker sends.");
  }

  private static SignInException trouble(URI uri, String what, String next) {
    return new SignInException(SignInFault.PROVIDER_UNREACHABLE, uri.getHost() + ": " + what)
        .advising(next);
  }

  private static int port(URI uri) {
    return uri.getPort() > 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
  }

  private static boolean find(Throwable cause, Class<? extends Throwable> kind) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (kind.isInstance(each)) {
        return true;
      }
    }
    return false;
  }
}

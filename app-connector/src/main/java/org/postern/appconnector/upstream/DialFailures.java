package org.postern.appconnector.upstream;

import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.postern.tunnel.message.ReasonCode;

/**
 * The failures of one dial's attempts, and which of them is the answer: the one that says most
 * about the application. A refusal proves that the host lives; a timeout says more than a missing
 * route to an address of the other family; being out of sockets is our own trouble and beats all.
 */
final class DialFailures {
  private enum Rank {
    OVERLOADED(ReasonCode.CONNECTOR_OVERLOADED),
    REFUSED(ReasonCode.CONNECT_REFUSED),
    TIMEOUT(ReasonCode.CONNECT_TIMEOUT),
    UNREACHABLE(ReasonCode.CONNECT_UNREACHABLE);

    private final ReasonCode reason;

    Rank(ReasonCode reason) {
      this.reason = reason;
    }
  }

  private final Map<Rank, String> texts = new TreeMap<>();

  void add(String address, Throwable cause) {
    Rank rank = rank(cause);
    texts.putIfAbsent(rank, address + ": " + words(rank));
  }

  void addTimeout(String address) {
    texts.putIfAbsent(Rank.TIMEOUT, address + ": " + words(Rank.TIMEOUT));
  }

  DialOutcome.Failed outcome() {
    for (Map.Entry<Rank, String> worst : texts.entrySet()) {
      return new DialOutcome.Failed(worst.getKey().reason, worst.getValue());
    }
    return new DialOutcome.Failed(ReasonCode.CONNECT_UNREACHABLE, "nothing to dial");
  }

  private static String words(Rank rank) {
    return switch (rank) {
      case OVERLOADED -> "this connector has no socket or port left";
      case REFUSED -> "connection refused";
      case TIMEOUT -> "no answer";
      case UNREACHABLE -> "no route";
    };
  }

  private static Rank rank(Throwable cause) {
    String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (cause.getCause() != null) {
      message += " " + String.valueOf(cause.getCause().getMessage()).toLowerCase(Locale.ROOT);
    }
    if (message.contains("too many open files")
        || message.contains("cannot assign requested address")
        || message.contains("no buffer space")) {
      return Rank.OVERLOADED;
    }
    if (cause instanceof ConnectTimeoutException || message.contains("timed out")) {
      return Rank.TIMEOUT;
    }
    if (cause instanceof NoRouteToHostException || message.contains("unreachable")) {
      return Rank.UNREACHABLE;
    }
    // A firewall that answers with a reset, or one that answers with "administratively prohibited".
    return cause instanceof ConnectException || message.contains("reset")
        ? Rank.REFUSED
        : Rank.UNREACHABLE;
  }
}

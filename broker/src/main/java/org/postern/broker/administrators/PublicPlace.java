package org.postern.broker.administrators;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;

/**
 * Where administrators' browsers reach this broker, and nowhere else: passkeys are bound to it, and
 * requests of pages from elsewhere are refused.
 *
 * @param origin as browsers write it: {@code https://HOST[:PORT]}
 */
record PublicPlace(String host, String origin) {
  private static final int HTTPS = 443;

  static PublicPlace of(URI url) {
    String host = url.getHost().toLowerCase(Locale.ROOT);
    boolean plain = url.getPort() < 0 || url.getPort() == HTTPS;
    return new PublicPlace(host, "https://" + host + (plain ? "" : ":" + url.getPort()));
  }

  /** Browsers have passkeys for names, not for addresses. */
  boolean hasPasskeys() {
    return !host.matches("[0-9.]+|\\[.*");
  }

  /** Refuses what another page made a browser send; browsers say so themselves. */
  Optional<Reply> refuse(Head head) {
    boolean same =
        origin.equals(head.header("origin").orElse(""))
            && head.header("sec-fetch-site").map("same-origin"::equals).orElse(true);
    boolean json =
        head.header("content-type")
            .orElse("")
            .toLowerCase(Locale.ROOT)
            .startsWith("application/json");
    return same && json
        ? Optional.empty()
        : Optional.of(
            Reply.problem(
                403,
                "wrong-origin",
                "The request did not come from the sign-in page",
                "Open %s/admin/signin; other names of this broker do not do.".formatted(origin)));
  }
}

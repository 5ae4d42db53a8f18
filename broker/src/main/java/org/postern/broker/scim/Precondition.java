package org.postern.broker.scim;

import java.util.Arrays;
import java.util.Optional;
import org.postern.broker.front.Head;

/**
 * What a client says about the version that it has seen (RFC 7644 section 3.14, RFC 9110 section
 * 13).
 *
 * @param ifMatch versions of which the resource must have one; empty: any
 * @param ifNoneMatch versions of which it must have none; empty: any
 */
record Precondition(Optional<String> ifMatch, Optional<String> ifNoneMatch) {
  static final Precondition NONE = new Precondition(Optional.empty(), Optional.empty());

  static Precondition of(Head head) {
    return new Precondition(head.header("If-Match"), head.header("If-None-Match"));
  }

  /** Refuses a change of another version, or of one that it must not have. */
  void check(long version) {
    if ((ifMatch.isPresent() && !names(ifMatch.get(), version)) || isKnown(version)) {
      throw new ScimRefusal(
          412,
          null,
          "the resource has version %s by now; read it again".formatted(ScimJson.etag(version)));
    }
  }

  /** Whether the client has this version already. */
  boolean isKnown(long version) {
    return ifNoneMatch.isPresent() && names(ifNoneMatch.get(), version);
  }

  /** Our versions are weak, and clients drop the W/ as they like. */
  private static boolean names(String header, long version) {
    String ours = ScimJson.etag(version).substring(2);
    return Arrays.stream(header.split(",", -1))
        .map(String::strip)
        .anyMatch(each ->
            each.equals("*") || (each.startsWith("W/") ? each.substring(2) : each).equals(ours));
  }
}

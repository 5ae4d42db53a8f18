package org.postern.identity;

import java.util.ArrayList;
import java.util.List;
import org.postern.identity.SpiffeId.BrokerId;
import org.postern.identity.SpiffeId.ClientId;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.identity.SpiffeId.PortalId;
import org.postern.identity.SpiffeId.WorkloadId;

/** Reads and writes the text form of a {@link SpiffeId}. */
final class SpiffeIdText {
  static final int MAX_SEGMENT = 128;
  private static final String SCHEME = "spiffe://";
  private static final int MAX_PARTS = 4;

  private SpiffeIdText() {}

  static String of(TrustDomain trustDomain, String kind, String... segments) {
    StringBuilder text = new StringBuilder(SCHEME).append(trustDomain.name()).append('/');
    text.append(kind);
    for (String segment : segments) {
      text.append('/').append(segment);
    }
    return text.toString();
  }

  static SpiffeId parse(String text) {
    if (text.length() > SpiffeId.MAX_LENGTH) {
      throw refused("has " + text.length() + " characters, more than " + SpiffeId.MAX_LENGTH);
    }
    if (!text.startsWith(SCHEME)) {
      throw refused("does not start with " + SCHEME);
    }
    List<String> parts = split(text);
    TrustDomain domain = new TrustDomain(parts.get(0));
    String kind = parts.size() > 1 ? parts.get(1) : "";
    return switch (kind + "/" + (parts.size() - 2)) {
      case "client/2" -> new ClientId(domain, parts.get(2), parts.get(3));
      case "connector/2" -> new ConnectorId(domain, parts.get(2), parts.get(3));
      case "broker/1" -> new BrokerId(domain, parts.get(2));
      case "portal/1" -> new PortalId(domain, parts.get(2));
      case "workload/1" -> new WorkloadId(domain, parts.get(2));
      default -> throw refused("has an unknown kind or a wrong number of parts");
    };
  }

  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>(MAX_PARTS);
    int start = SCHEME.length();
    for (int i = start; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == '/') {
        if (parts.size() == MAX_PARTS) {
          throw refused("has more than " + MAX_PARTS + " parts");
        }
        parts.add(text.substring(start, i));
        start = i + 1;
      }
    }
    return parts;
  }

  static void checkSegment(String what, String segment) {
    if (segment.isEmpty() || segment.length() > MAX_SEGMENT) {
      throw refused("has a " + what + " of " + segment.length() + " characters");
    }
    for (int i = 0; i < segment.length(); i++) {
      char c = segment.charAt(i);
      boolean allowed =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '.'
              || c == '_'
              || c == '-';
      if (!allowed) {
        throw refused("has a character in its " + what + " that is not allowed");
      }
    }
    if (segment.equals(".") || segment.equals("..")) {
      throw refused("has a " + what + " that is a relative path");
    }
  }

  private static IllegalArgumentException refused(String what) {
    return new IllegalArgumentException(
        "SPIFFE id "
            + what
            + "; expected spiffe://TRUST_DOMAIN/ and client/USER/DEVICE, connector/GROUP/ID,"
            + " broker/ID, portal/BROKER or workload/NAME, each part 1 to "
            + MAX_SEGMENT
            + " characters of A-Z a-z 0-9 . _ -");
  }
}

package org.postern.policystore.yaml;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.policystore.AddressRange;
import org.postern.policystore.AsciiCase;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IpLiterals;
import org.postern.policystore.PortRange;

/// The words of a policy document: each method reads one, or answers with what was expected.
final class Grammar {
  private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?");
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");
  private static final Pattern PORTS = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");
  private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,7})([smhd])");
  private static final Pattern EMAIL =
      Pattern.compile("[^\\s@\\p{Cntrl}]{1,64}@([a-z0-9.-]{1,189})");
  private static final Pattern SCOPE = Pattern.compile("[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,255}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
  private static final Pattern ATTRIBUTE = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,62}");
  private static final int DNS_NAME_LENGTH_MAX = 253;
  private static final int GROUP_NAME_LENGTH_MAX = 127;

  private Grammar() {}

  /// A word that was read, or what is wrong with it.
  sealed interface Read<T> {
    record Good<T>(T value) implements Read<T> {}

    record Bad<T>(String message) implements Read<T> {}
  }

  private static <T> Read<T> good(T value) {
    return new Read.Good<>(value);
  }

  private static <T> Read<T> bad(String text, String expected) {
    return new Read.Bad<>(Problems.quote(text) + " (expected: " + expected + ")");
  }

  /// The name of a thing in the configuration.
  static Read<String> name(String text) {
    return NAME.matcher(text).matches()
        ? good(text)
        : bad(
            text,
            "a name of at most 63 of a-z, 0-9, '.', '_' and '-' that begins and ends with a letter"
                + " or digit");
  }

  /// A scope of OAuth 2.0 (RFC 6749 section 3.3).
  static Read<String> scope(String text) {
    return SCOPE.matcher(text).matches() ? good(text) : bad(text, "a scope, as in groups");
  }

  /// `PROVIDER` or `PROVIDER:GROUP`.
  static Read<String> groupSource(String text) {
    int colon = text.indexOf(':');
    boolean good =
        name(colon < 0 ? text : text.substring(0, colon)) instanceof Read.Good<String>
            && (colon < 0 || groupName(text.substring(colon + 1)) instanceof Read.Good<String>);
    return good ? good(text) : bad(text, "an identity provider, or PROVIDER:GROUP");
  }

  /// The name of a user group: identity providers are free in theirs.
  static Read<String> groupName(String text) {
    boolean good =
        !text.isEmpty()
            && text.length() <= GROUP_NAME_LENGTH_MAX
            && text.equals(text.strip())
            && text.chars().noneMatch(Character::isISOControl);
    return good
        ? good(text)
        : bad(text, "1 to " + GROUP_NAME_LENGTH_MAX + " characters without spaces around them");
  }

  /// Any text that has something in it.
  static Read<String> text(String text) {
    boolean good =
        !text.isBlank()
            && text.length() <= 1_000
            && text.chars().noneMatch(Character::isISOControl);
    return good ? good(text) : bad(text, "1 to 1000 characters on one line");
  }

  /// A client secret; a message never shows it.
  static Read<String> secret(String text) {
    boolean good = !text.isBlank() && text.length() <= 1_000;
    return good ? good(text) : new Read.Bad<>("the secret is empty or longer than 1000 characters");
  }

  static Read<String> dnsName(String text) {
    String name = text.toLowerCase(Locale.ROOT);
    if (name.chars().anyMatch(c -> c > 126)) {
      return bad(text, "the ASCII form of an international name, xn--...");
    }
    String[] labels = name.split("\\.", -1);
    boolean good = name.length() <= DNS_NAME_LENGTH_MAX;
    for (String label : labels) {
      good &= LABEL.matcher(label).matches();
    }
    good &= !NUMBER.matcher(labels[labels.length - 1]).matches();
    return good
        ? good(name)
        : bad(text, "a DNS name as in payments.corp.internal, without a trailing dot");
  }

  static Read<HostPattern> host(String text) {
    if (text.indexOf(':') >= 0 || text.indexOf('/') >= 0 || looksLikeAddress(text)) {
      Optional<AddressRange> range = AddressRange.parse(text);
      return range.isPresent()
          ? good(new HostPattern.Addresses(range.get()))
          : bad(
              text,
              "an address or a CIDR range with all bits below the prefix zero, as in 10.20.0.0/16");
    }
    boolean wildcard = text.startsWith("*.");
    String name = wildcard ? text.substring(2) : text;
    if (name.indexOf('*') >= 0 || name.indexOf('?') >= 0) {
      return glob(text.toLowerCase(Locale.ROOT));
    }
    return switch (dnsName(name)) {
      case Read.Good<String>(String lower) ->
          good(wildcard ? new HostPattern.WildcardName(lower) : new HostPattern.ExactName(lower));
      case Read.Bad<String> bad -> bad(text, "a DNS name, *.suffix, an address or a CIDR range");
    };
  }

  private static Read<HostPattern> glob(String text) {
    String last = text.substring(text.lastIndexOf('.') + 1);
    boolean name = dnsName(text.replace('*', 'x').replace('?', 'x')) instanceof Read.Good<String>;
    boolean plainEnd = text.indexOf('.') > 0 && last.indexOf('*') < 0 && last.indexOf('?') < 0;
    return name && plainEnd && !text.contains("**") && !text.contains("*.*")
        ? good(new HostPattern.Glob(text))
        : bad(text, "a name with * and ? before its last label, as in db-*.corp.internal");
  }

  private static boolean looksLikeAddress(String text) {
    String last = text.substring(text.lastIndexOf('.') + 1);
    return NUMBER.matcher(last).matches();
  }

  static Read<PortRange> ports(String text) {
    Matcher matcher = PORTS.matcher(text);
    if (matcher.matches()) {
      int low = Integer.parseInt(matcher.group(1));
      int high = matcher.group(2) == null ? low : Integer.parseInt(matcher.group(2));
      if (1 <= low && low <= high && high <= PortRange.PORT_MAX) {
        return good(new PortRange(low, high));
      }
    }
    return bad(text, "a port from 1 to 65535 or a range as in 8000-8100");
  }

  static Read<Duration> duration(String text, Duration max) {
    Matcher matcher = DURATION.matcher(text);
    if (matcher.matches()) {
      long count = Long.parseLong(matcher.group(1));
      Duration duration =
          switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
          };
      if (duration.compareTo(max) <= 0) {
        return good(duration);
      }
    }
    return bad(text, "a number with s, m, h or d, as in 30m, at most " + max.toDays() + "d");
  }

  static Read<Integer> count(String text, int min, int max) {
    if (COUNT.matcher(text).matches()) {
      int count = Integer.parseInt(text);
      if (min <= count && count <= max) {
        return good(count);
      }
    }
    return bad(text, "a whole number from %d to %d".formatted(min, max));
  }

  static Read<Boolean> truth(String text) {
    return switch (text) {
      case "true" -> good(true);
      case "false" -> good(false);
      default -> bad(text, "true or false");
    };
  }

  static Read<String> email(String text) {
    String lower = AsciiCase.fold(text);
    Matcher matcher = EMAIL.matcher(lower);
    boolean good = matcher.matches() && dnsName(matcher.group(1)) instanceof Read.Good<String>;
    return good ? good(lower) : bad(text, "an e-mail address, as in alice@example.com");
  }

  static Read<String> path(String text) {
    return text.startsWith("/") && text.length() <= 1_000 && text.indexOf('\0') < 0
        ? good(text)
        : bad(text, "an absolute path on the broker's host");
  }

  static Read<String> variable(String text) {
    return VARIABLE.matcher(text).matches()
        ? good(text)
        : bad(text, "the name of an environment variable of the broker");
  }

  static Read<String> issuer(String text, boolean allowPlainHttp) {
    try {
      URI uri = new URI(text);
      String host = uri.getHost();
      boolean whole =
          host != null
              && uri.getRawUserInfo() == null
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null
              && text.length() <= 1_000;
      if (whole && "https".equals(uri.getScheme())) {
        return good(text);
      }
      if (whole && "http".equals(uri.getScheme()) && (allowPlainHttp || isLoopback(host))) {
        return good(text);
      }
    } catch (URISyntaxException e) {
      // The answer below says all there is to say.
    }
    return bad(
        text,
        "the https URL of the issuer, without query and fragment; http only on this machine, or"
            + " with allowPlainHttp: true for tests");
  }

  /// The name under which policy knows an attribute.
  static Read<String> attribute(String text) {
    return ATTRIBUTE.matcher(text).matches()
        ? good(text)
        : bad(
            text,
            "a name of at most 63 of A-Z, a-z, 0-9, '_', '.' and '-' beginning with a letter");
  }

  /// Whether a host of a URL is this machine.
  static boolean isLoopback(String host) {
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    IpLiterals.Parsed parsed = IpLiterals.parse(bare);
    if (parsed == null) {
      return host.equals("localhost");
    }
    return parsed.ipv6() ? parsed.high() == 0 && parsed.low() == 1 : parsed.low() >>> 24 == 127;
  }
}

package org.postern.policystore.yaml;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postern.policystore.Platform;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.PostureTerms;

/// Reads posture profiles.
final class PostureReader {
  static final List<String> KEYS =
      List.of(
          "name",
          "platforms",
          "description",
          "os",
          "kernelAtLeast",
          "clientAtLeast",
          "diskEncrypted",
          "firewallOn",
          "screenLockWithin",
          "joinedTo",
          "processes",
          "files",
          "protectedKeys",
          "maxAge",
          "grace");
  private static final int ENTRIES_MAX = 32;
  private static final Duration AGE_MAX_LEAST = Duration.ofMinutes(5);
  private static final Duration AGE_MAX_MOST = Duration.ofDays(1);
  private static final Duration GRACE_MAX = Duration.ofDays(7);
  private static final Duration LOCK_MAX = Duration.ofDays(1);
  private static final Pattern OS =
      Pattern.compile("([a-z0-9][a-z0-9._-]{0,62})(?: ([0-9][0-9.]{0,30}))?");
  private static final Pattern VERSION = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9}){0,7}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private final Fields.Reading reading;

  PostureReader(Fields.Reading reading) {
    this.reading = reading;
  }

  PostureProfile read(Fields fields, String name) {
    List<Platform> platforms = fields.list("platforms", PostureReader::platform, "");
    if (fields.items("platforms").isEmpty()) {
      fields.problem("no platforms (expected: where it can be examined, as in [linux])");
    }
    List<PostureRequirement> requirements = new ArrayList<>();
    for (String flag : List.of("diskEncrypted", "firewallOn")) {
      if (fields.optional(flag, PostureReader::onlyTrue).isPresent()) {
        requirements.add(
            flag.equals("firewallOn")
                ? new PostureRequirement.FirewallOn()
                : new PostureRequirement.DiskEncrypted());
      }
    }
    List<PostureRequirement.OsVersion> systems = fields.list("os", PostureReader::os, "");
    if (!systems.isEmpty()) {
      requirements.add(new PostureRequirement.Os(systems));
    }
    fields
        .optional("kernelAtLeast", PostureReader::version)
        .ifPresent(least -> requirements.add(new PostureRequirement.Kernel(least)));
    fields
        .optional("clientAtLeast", PostureReader::version)
        .ifPresent(least -> requirements.add(new PostureRequirement.Client(least)));
    fields
        .optional("screenLockWithin", text -> Grammar.duration(text, LOCK_MAX))
        .ifPresent(within -> requirements.add(new PostureRequirement.ScreenLock(within)));
    List<String> domains = fields.list("joinedTo", Grammar::dnsName, "");
    if (!domains.isEmpty()) {
      requirements.add(new PostureRequirement.Domain(domains));
    }
    files(fields, "processes")
        .forEach(it -> requirements.add(new PostureRequirement.Program(it.path(), it.sha256())));
    requirements.addAll(files(fields, "files"));
    fields
        .list("protectedKeys", Grammar::groupName, "")
        .forEach(label -> requirements.add(new PostureRequirement.ProtectedKey(label)));
    if (requirements.isEmpty()) {
      fields.problem(
          "nothing is required (expected: one or more of "
              + String.join(", ", KEYS.subList(3, KEYS.size() - 2))
              + ")");
    } else if (requirements.size() > ENTRIES_MAX) {
      fields.problem(requirements.size() + " requirements (expected: at most " + ENTRIES_MAX + ")");
    }
    return new PostureProfile(
        name,
        platforms,
        fields.optional("description", Grammar::text).orElse(""),
        terms(fields, requirements));
  }

  private static PostureTerms terms(Fields fields, List<PostureRequirement> requirements) {
    Duration ageMax =
        fields
            .optional("maxAge", text -> Grammar.duration(text, AGE_MAX_MOST))
            .orElse(PostureTerms.AGE_MAX_DEFAULT);
    if (ageMax.compareTo(AGE_MAX_LEAST) < 0) {
      fields.problem(
          "maxAge",
          "devices report every few minutes (expected: at least "
              + AGE_MAX_LEAST.toMinutes()
              + "m)");
    }
    return new PostureTerms(
        requirements,
        ageMax,
        fields.optional("grace", text -> Grammar.duration(text, GRACE_MAX)).orElse(Duration.ZERO));
  }

  private List<PostureRequirement.File> files(Fields fields, String key) {
    List<PostureRequirement.File> files = new ArrayList<>();
    List<Node> items = fields.items(key);
    for (int i = 0; i < items.size(); i++) {
      Fields item =
          Fields.of(
              items.get(i), fields.at(key) + "[" + i + "]", reading, List.of("path", "sha256"));
      if (item != null) {
        List<String> digests = item.list("sha256", PostureReader::sha256, "");
        item.required("path", PostureReader::path)
            .ifPresent(path -> files.add(new PostureRequirement.File(path, digests)));
      }
    }
    return files;
  }

  private static <T> Grammar.Read<T> read(
      String text, boolean good, Function<String, T> value, String expected) {
    return good
        ? new Grammar.Read.Good<>(value.apply(text))
        : new Grammar.Read.Bad<>(Problems.quote(text) + " (expected: " + expected + ")");
  }

  private static Grammar.Read<Platform> platform(String text) {
    List<Platform> known = Arrays.asList(Platform.values());
    return read(
        text,
        known.stream().anyMatch(each -> word(each).equals(text)),
        word -> Platform.valueOf(word.toUpperCase(Locale.ROOT)),
        "one of " + known.stream().map(PostureReader::word).collect(Collectors.joining(", ")));
  }

  static String word(Platform platform) {
    return platform.name().toLowerCase(Locale.ROOT);
  }

  private static Grammar.Read<Boolean> onlyTrue(String text) {
    return read(text, text.equals("true"), word -> true, "true, or leave the key out");
  }

  private static Grammar.Read<PostureRequirement.OsVersion> os(String text) {
    return read(
        text,
        OS.matcher(text).matches(),
        word -> {
          int space = word.indexOf(' ');
          return space < 0
              ? new PostureRequirement.OsVersion(word, "")
              : new PostureRequirement.OsVersion(
                  word.substring(0, space), word.substring(space + 1));
        },
        "an id of /etc/os-release and the lowest version, as in debian 12, or the id alone");
  }

  private static Grammar.Read<String> version(String text) {
    return read(
        text, VERSION.matcher(text).matches(), word -> word, "numbers with dots, as in 6.1");
  }

  private static Grammar.Read<String> sha256(String text) {
    return read(
        text,
        SHA256.matcher(text.toLowerCase(Locale.ROOT)).matches(),
        word -> word.toLowerCase(Locale.ROOT),
        "64 hexadecimal digits, as sha256sum prints them");
  }

  private static Grammar.Read<String> path(String text) {
    return read(
        text,
        text.startsWith("/")
            && text.length() <= 400
            && !text.contains("/../")
            && text.chars().noneMatch(Character::isISOControl),
        word -> word,
        "an absolute path on the device, at most 400 characters");
  }

  static List<PostureProfile> sorted(List<PostureProfile> profiles) {
    profiles.sort(Comparator.comparing(PostureProfile::name));
    return profiles;
  }
}

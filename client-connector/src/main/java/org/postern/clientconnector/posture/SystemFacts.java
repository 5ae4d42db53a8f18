package org.postern.clientconnector.posture;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.postern.tunnel.message.PostureFact;

/** Operating system, kernel and the version of this program. */
final class SystemFacts {
  private final Machine machine;
  private final String clientVersion;

  SystemFacts(Machine machine, String clientVersion) {
    this.machine = machine;
    this.clientVersion = clientVersion;
  }

  void collect(FactSheet sheet) {
    sheet.text(PostureFact.Kind.KIND_CLIENT_VERSION, "", clientVersion);
    try {
      sheet.text(
          PostureFact.Kind.KIND_KERNEL, "", machine.text("/proc/sys/kernel/osrelease").strip());
    } catch (IOException e) {
      sheet.missing(PostureFact.Kind.KIND_KERNEL, "", "/proc cannot be read");
    }
    Map<String, String> release = release();
    fact(sheet, PostureFact.Kind.KIND_OS_ID, release, "ID");
    fact(sheet, PostureFact.Kind.KIND_OS_VERSION, release, "VERSION_ID");
  }

  private static void fact(
      FactSheet sheet, PostureFact.Kind kind, Map<String, String> release, String key) {
    String value = release.get(key);
    if (value == null) {
      sheet.missing(kind, "", "os-release has no " + key);
    } else {
      sheet.text(kind, "", value);
    }
  }

  /** The variables of os-release(5); none if there is no such file. */
  private Map<String, String> release() {
    for (String file : new String[] {"/etc/os-release", "/usr/lib/os-release"}) {
      try {
        return parse(machine.text(file));
      } catch (IOException e) {
        // The other one, or none.
      }
    }
    return Map.of();
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> values = new HashMap<>();
    for (String line : text.lines().toList()) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith("#")) {
        values.put(line.substring(0, equals).strip(), unquote(line.substring(equals + 1).strip()));
      }
    }
    return values;
  }

  private static String unquote(String value) {
    boolean quoted =
        value.length() >= 2
            && (value.charAt(0) == '"' || value.charAt(0) == '\'')
            && value.charAt(value.length() - 1) == value.charAt(0);
    return quoted ? value.substring(1, value.length() - 1) : value;
  }
}

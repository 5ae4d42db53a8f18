package org.postern.clientconnector.posture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.PostureFact;

/**
 * After how long the screen of the person at the device locks itself, where GNOME's settings say
 * so; asked as that person.
 */
final class ScreenFacts {
  private static final PostureFact.Kind KIND = PostureFact.Kind.KIND_SCREEN_LOCK_SECONDS;
  private static final Pattern SESSION = Pattern.compile("[A-Za-z0-9]{1,32}");
  private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_.-]{0,63}");
  private static final Pattern NUMBER = Pattern.compile("(?:uint32 )?([0-9]{1,9})");
  private static final int SESSIONS_MAX = 32;

  private final Machine machine;

  ScreenFacts(Machine machine) {
    this.machine = machine;
  }

  /** Who sits at the device. */
  private record Person(String name, long uid) {}

  void collect(FactSheet sheet) {
    if (!machine.commands().isInstalled("loginctl")
        || !machine.commands().isInstalled("gsettings")) {
      sheet.missing(KIND, "", "loginctl and gsettings are not both installed");
      return;
    }
    try {
      Person person = person();
      if (person == null) {
        sheet.missing(KIND, "", "nobody has a graphical session");
      } else if (machine.userId() != 0 && machine.userId() != person.uid()) {
        sheet.missing(KIND, "", "the graphical session is another user's");
      } else {
        settings(sheet, person);
      }
    } catch (IOException e) {
      sheet.missing(KIND, "", "the desktop's settings cannot be read: " + e.getMessage());
    }
  }

  private void settings(FactSheet sheet, Person person) throws IOException {
    String enabled = setting(person, "org.gnome.desktop.screensaver", "lock-enabled");
    if (enabled.equals("false")) {
      sheet.number(KIND, 0);
      return;
    }
    if (!enabled.equals("true")) {
      throw new IOException("lock-enabled is " + enabled);
    }
    long idle = number(setting(person, "org.gnome.desktop.session", "idle-delay"));
    long delay = number(setting(person, "org.gnome.desktop.screensaver", "lock-delay"));
    sheet.number(KIND, idle == 0 ? 0 : idle + delay);
  }

  private static long number(String text) throws IOException {
    Matcher matcher = NUMBER.matcher(text);
    if (!matcher.matches()) {
      throw new IOException(text + " is no number");
    }
    return Long.parseLong(matcher.group(1));
  }

  private String setting(Person person, String schema, String key) throws IOException {
    List<String> command = new ArrayList<>();
    if (machine.userId() == 0) {
      command.addAll(
          List.of(
              "runuser",
              "-u",
              person.name(),
              "--",
              "env",
              "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/" + person.uid() + "/bus"));
    }
    command.addAll(List.of("gsettings", "get", schema, key));
    return machine.commands().run("", command).strip();
  }

  /** Who has a graphical session on this machine's own screen. */
  private @Nullable Person person() throws IOException {
    List<String> lines =
        machine
            .commands()
            .run("", List.of("loginctl", "list-sessions", "--no-legend"))
            .lines()
            .limit(SESSIONS_MAX)
            .toList();
    for (String line : lines) {
      String id = line.strip().split("\\s+")[0];
      if (SESSION.matcher(id).matches()) {
        Map<String, String> session = session(id);
        String name = session.getOrDefault("Name", "");
        boolean graphical =
            List.of("x11", "wayland", "mir").contains(session.getOrDefault("Type", ""))
                && session.getOrDefault("Class", "user").equals("user")
                && !session.getOrDefault("Remote", "no").equals("yes");
        if (graphical && USER.matcher(name).matches()) {
          return new Person(name, number(session.getOrDefault("User", "")));
        }
      }
    }
    return null;
  }

  private Map<String, String> session(String id) throws IOException {
    Map<String, String> properties = new HashMap<>();
    String said =
        machine
            .commands()
            .run(
                "",
                List.of(
                    "loginctl",
                    "show-session",
                    id,
                    "-p",
                    "Name",
                    "-p",
                    "User",
                    "-p",
                    "Type",
                    "-p",
                    "Class",
                    "-p",
                    "Remote"));
    for (String line : said.lines().toList()) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        properties.put(line.substring(0, equals), line.substring(equals + 1).strip());
      }
    }
    return properties;
  }
}

package org.postern.appconnector.cli;

import java.util.Map;

/**
 * How log lines look: with the time for a terminal, with systemd's level prefix for the journal.
 */
public final class LogFormat {
  private static final String CONFIGURATION = "logback.configurationFile";
  private static final String PATTERN = "postern.log.pattern";

  private LogFormat() {}

  /** Must be called before the first logger is made. What the operator configured is left alone. */
  public static void choose(Map<String, String> environment) {
    if (System.getProperty(CONFIGURATION) != null) {
      return;
    }
    System.setProperty(CONFIGURATION, "org/postern/appconnector/logback.xml");
    boolean journal = environment.containsKey("JOURNAL_STREAM");
    System.setProperty(
        PATTERN,
        journal
            // sd-daemon(3): "<N>" at the start of a line is its level.
            ? "%replace(%replace(%replace(%replace(%level){'ERROR','<3>'}){'WARN','<4>'})"
                + "{'INFO','<6>'}){'DEBUG|TRACE','<7>'}%msg %ex{short}%n"
            : "%d{HH:mm:ss.SSS} %-5level %msg %ex{short}%n");
  }

  /** Makes {@code --verbose} true. Must be called before the first logger is made. */
  static void verbose() {
    System.setProperty("postern.log.level", "DEBUG");
  }
}

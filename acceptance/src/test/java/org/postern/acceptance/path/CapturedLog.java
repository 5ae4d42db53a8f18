package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What all programs of this process log from its making until it is closed. */
final class CapturedLog implements AutoCloseable {
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();

  CapturedLog() {
    // It is read while others write.
    events.list = new CopyOnWriteArrayList<>();
    events.start();
    root().addAppender(events);
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  void assertNoStackTrace() {
    assertThat(events.list).filteredOn(event -> event.getThrowableProxy() != null).isEmpty();
  }

  void assertSays(String words) {
    assertThat(events.list).anyMatch(event -> event.getFormattedMessage().contains(words));
  }

  /** Libraries may warn of a busy machine; our own programs have nothing to warn of. */
  void assertNoWarningOfOurs() {
    assertThat(events.list)
        .filteredOn(event ->
            event.getLoggerName().startsWith("org.postern")
                && event.getLevel().isGreaterOrEqual(Level.WARN))
        .isEmpty();
  }

  @Override
  public void close() {
    root().detachAppender(events);
  }
}

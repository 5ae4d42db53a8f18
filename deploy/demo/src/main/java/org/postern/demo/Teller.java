package org.postern.demo;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Says what is going on, with the time since the start. */
final class Teller {
  private final PrintStream out;
  private final LongSupplier nanoTime;
  private final long start;

  Teller(PrintStream out, LongSupplier nanoTime) {
    this.out = out;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  /** Seconds since the start. */
  double seconds() {
    return (nanoTime.getAsLong() - start) / 1e9;
  }

  /** One line. */
  void tell(String text) {
    out.printf(Locale.ROOT, "%6.1f s  %s%n", seconds(), text);
    out.flush();
  }

  /** Lines as they are. */
  void say(String text) {
    out.println(text);
    out.flush();
  }
}

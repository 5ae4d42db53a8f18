package org.postern.demo;

/** {@code postern demo}. */
public final class Main {
  private Main() {}

  /** Runs the demonstration and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(DemoCommand.run(System::nanoTime, System.out, System.err, arguments));
  }
}

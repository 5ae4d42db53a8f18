package org.postern.tunnel.link;

/** One line about a failure, for logs and for people: what the deepest cause says, which knows. */
final class CauseText {
  private static final int CAUSES_MAX = 8;

  private CauseText() {}

  static String of(Throwable failure) {
    Throwable deepest = failure;
    for (int depth = 0; depth < CAUSES_MAX && deepest.getCause() != null; depth++) {
      deepest = deepest.getCause();
    }
    String text = String.valueOf(deepest.getMessage());
    int end = text.indexOf('\n');
    return end < 0 ? text : text.substring(0, end);
  }
}

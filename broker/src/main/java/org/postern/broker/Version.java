package org.postern.broker;

/** Which software this is. */
final class Version {
  /** From the jar's manifest, or what is being developed. */
  static final String TEXT = text();

  private Version() {}

  private static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}

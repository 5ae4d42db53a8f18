package org.postern.clientconnector.cli;

/** Which software this is; brokers and posture profiles are told too. */
final class Version {
  /** From the jar's manifest, or what is being developed. */
  static final String TEXT = text();

  private Version() {}

  private static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "0.1.0-development" : version;
  }
}

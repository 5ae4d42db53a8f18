package org.postern.policystore.posture;

import java.util.Arrays;
import java.util.Optional;

/// What a device can say of itself. The numbers are those of `PostureFact.Kind` in `tunnel.proto`.
public enum FactKind {
  /// Text: the operating system as `/etc/os-release` names it, such as `debian`.
  OS_ID(1, "operating system", false),
  /// Text: its version, such as `12`.
  OS_VERSION(2, "operating system version", false),
  /// Text: release of the running kernel.
  KERNEL(3, "kernel", false),
  /// Flag: the disk under the root file system is encrypted.
  DISK_ENCRYPTED(4, "disk encryption", false),
  /// Flag: a firewall drops what nobody asked for.
  FIREWALL_ON(5, "firewall", false),
  /// Number: seconds without use until the screen locks itself; 0: it never does.
  SCREEN_LOCK_SECONDS(6, "screen lock", false),
  /// Text: version of the client connector.
  CLIENT_VERSION(7, "client version", false),
  /// Flag: a program of the path in the subject runs.
  PROCESS_RUNNING(8, "process", true),
  /// Text: SHA-256 of the files that it runs from, in hexadecimal, separated by spaces.
  PROCESS_SHA256(9, "digest of process", true),
  /// Flag: the file in the subject exists.
  FILE_EXISTS(10, "file", true),
  /// Text: its SHA-256 in hexadecimal.
  FILE_SHA256(11, "digest of file", true),
  /// Flag: the device is a member of the domain in the subject.
  DOMAIN_MEMBER(12, "membership in domain", true),
  /// Flag: a certificate of the label in the subject has a key that cannot leave its token.
  PROTECTED_KEY(13, "protected key", true);

  private final int code;
  private final String title;
  private final boolean hasSubject;

  FactKind(int code, String title, boolean hasSubject) {
    this.code = code;
    this.title = title;
    this.hasSubject = hasSubject;
  }

  /// The number on the wire.
  public int code() {
    return code;
  }

  /// In words.
  public String title() {
    return title;
  }

  /// Whether there is one fact for each subject (a path, a domain, a label), and only for subjects
  /// that were asked for.
  public boolean hasSubject() {
    return hasSubject;
  }

  /// By its number; empty for what this program does not know.
  public static Optional<FactKind> ofCode(int code) {
    return Arrays.stream(values()).filter(kind -> kind.code == code).findFirst();
  }
}

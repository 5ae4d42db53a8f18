package org.postern.policystore;

import java.time.Duration;
import java.util.List;

/// One thing that a posture profile asks of a device.
public sealed interface PostureRequirement {
  /// The word for it, in the policy document and in the database.
  String kind();

  /// One of the operating systems, each at least in that version.
  record Os(List<OsVersion> anyOf) implements PostureRequirement {
    /// Copies the list.
    public Os {
      anyOf = anyOf.stream().distinct().sorted().toList();
    }

    @Override
    public String kind() {
      return "os";
    }
  }

  /// An operating system as `/etc/os-release` names it, such as `debian`, and the lowest version
  /// that will do; empty: any.
  record OsVersion(String id, String least) implements Comparable<OsVersion> {
    @Override
    public int compareTo(OsVersion other) {
      return toString().compareTo(other.toString());
    }

    /// As in the configuration: `debian 12`, `arch`.
    @Override
    public String toString() {
      return least.isEmpty() ? id : id + " " + least;
    }
  }

  /// The running kernel is at least of this version.
  record Kernel(String least) implements PostureRequirement {
    @Override
    public String kind() {
      return "kernelAtLeast";
    }
  }

  /// The client connector is at least of this version.
  record Client(String least) implements PostureRequirement {
    @Override
    public String kind() {
      return "clientAtLeast";
    }
  }

  /// The disk that the root file system lies on is encrypted.
  record DiskEncrypted() implements PostureRequirement {
    @Override
    public String kind() {
      return "diskEncrypted";
    }
  }

  /// A firewall drops what nobody asked for.
  record FirewallOn() implements PostureRequirement {
    @Override
    public String kind() {
      return "firewallOn";
    }
  }

  /// The screen locks itself after at most so long without use.
  record ScreenLock(Duration within) implements PostureRequirement {
    @Override
    public String kind() {
      return "screenLockWithin";
    }
  }

  /// The device is a member of one of the domains.
  record Domain(List<String> anyOf) implements PostureRequirement {
    /// Sorts the list.
    public Domain {
      anyOf = anyOf.stream().distinct().sorted().toList();
    }

    @Override
    public String kind() {
      return "joinedTo";
    }
  }

  /// A program of this path runs, and is one of these files.
  ///
  /// @param sha256 digests in lower-case hexadecimal, sorted; empty: any file will do
  record Program(String path, List<String> sha256) implements PostureRequirement {
    /// Sorts the list.
    public Program {
      sha256 = sha256.stream().distinct().sorted().toList();
    }

    @Override
    public String kind() {
      return "processes";
    }
  }

  /// A file of this path exists, and is one of these.
  ///
  /// @param sha256 digests in lower-case hexadecimal, sorted; empty: any content will do
  record File(String path, List<String> sha256) implements PostureRequirement {
    /// Sorts the list.
    public File {
      sha256 = sha256.stream().distinct().sorted().toList();
    }

    @Override
    public String kind() {
      return "files";
    }
  }

  /// The device has a certificate of this label whose key cannot leave its token.
  record ProtectedKey(String label) implements PostureRequirement {
    @Override
    public String kind() {
      return "protectedKeys";
    }
  }
}

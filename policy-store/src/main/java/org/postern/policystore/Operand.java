package org.postern.policystore;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/// What one condition of a rule asks about, with the values that fulfil it: any one of them is
/// enough. Each says what happens when the fact is missing; with a missing fact the operand is
/// [Truth#UNKNOWN], and an unknown condition never makes a rule allow and never keeps a rule from
/// denying.
public sealed interface Operand {

  /// The applications by name. Never missing.
  record Applications(List<String> names) implements Operand {
    /// Sorts.
    public Applications {
      names = sorted(names);
    }
  }

  /// The applications in one of the groups. Never missing.
  record ApplicationGroups(List<String> names) implements Operand {
    /// Sorts.
    public ApplicationGroups {
      names = sorted(names);
    }
  }

  /// The applications with one of the labels. Never missing.
  record Labels(List<Label> labels) implements Operand {
    /// Sorts.
    public Labels {
      labels = sorted(labels);
    }
  }

  /// People by e-mail address, in lower case. Missing when nobody vouches for the address; a
  /// workload has none.
  record Users(List<String> emails) implements Operand {
    /// Sorts.
    public Users {
      emails = sorted(emails);
    }
  }

  /// Members of one of the groups. Missing for a workload, and, for a group that lists members by
  /// address, when nobody vouches for the address.
  record Groups(List<String> names) implements Operand {
    /// Sorts.
    public Groups {
      names = sorted(names);
    }
  }

  /// A mapped attribute has one of the values, compared exactly. Missing when the person has no
  /// attribute of that name.
  record Attribute(String name, List<String> values) implements Operand {
    /// Sorts.
    public Attribute {
      values = sorted(values);
    }
  }

  /// Signed in by one of the identity providers. Missing for a workload.
  record Providers(List<String> names) implements Operand {
    /// Sorts.
    public Providers {
      names = sorted(names);
    }
  }

  /// One of the workloads. False for a person.
  record Workloads(List<String> names) implements Operand {
    /// Sorts.
    public Workloads {
      names = sorted(names);
    }
  }

  /// How the question comes in. Missing when the door does not say.
  record ClientTypes(List<ClientType> types) implements Operand {
    /// Sorts.
    public ClientTypes {
      types = sorted(types);
    }
  }

  /// The device's operating system. Missing when it is none that is known here.
  record Platforms(List<Platform> platforms) implements Operand {
    /// Sorts.
    public Platforms {
      platforms = sorted(platforms);
    }
  }

  /// A posture profile came to the wanted result. A profile that has no result, or whose result is
  /// unknown, is a missing fact; wanting [Truth#UNKNOWN] is possible only where it cannot add
  /// access: in a rule that denies, or negated in a rule that allows.
  record Posture(List<PostureResult> results) implements Operand {
    /// Sorts.
    public Posture {
      results = sorted(results);
    }
  }

  /// A profile and what it is to have come to.
  record PostureResult(String profile, Truth result) implements Comparable<PostureResult> {
    @Override
    public int compareTo(PostureResult other) {
      return toString().compareTo(other.toString());
    }

    /// As in the configuration: `disk-encrypted`, `disk-encrypted=false`.
    @Override
    public String toString() {
      return switch (result) {
        case TRUE -> profile;
        case FALSE -> profile + "=false";
        case UNKNOWN -> profile + "=unknown";
      };
    }
  }

  /// The device is on one of the trusted networks; see [TrustedNetwork] for who says so.
  record TrustedNetworks(List<String> names) implements Operand {
    /// Sorts.
    public TrustedNetworks {
      names = sorted(names);
    }
  }

  /// The address that the broker sees lies in one of the ranges. Missing when it sees none.
  record Sources(List<AddressRange> ranges) implements Operand {
    /// Sorts by text.
    public Sources {
      ranges =
          ranges.stream().sorted(java.util.Comparator.comparing(AddressRange::toString)).toList();
    }
  }

  /// The country of that address, ISO 3166 alpha-2 in upper case. Missing without a country file,
  /// and for addresses that it does not know.
  record Countries(List<String> codes) implements Operand {
    /// Sorts.
    public Countries {
      codes = sorted(codes);
    }
  }

  /// The risk level. Missing when nobody said one.
  record Risks(List<RiskLevel> levels) implements Operand {
    /// Sorts.
    public Risks {
      levels = sorted(levels);
    }
  }

  /// The wall clock shows a time in one of the windows. Never missing.
  record Times(List<TimeWindow> windows) implements Operand {
    /// Sorts.
    public Times {
      windows = sorted(windows);
    }
  }

  /// Signed in at most so long ago. Missing for a workload.
  record AuthenticationAge(Duration most) implements Operand {}

  /// The sign-in used one of the methods (OpenID Connect `amr`, RFC 8176). Missing when the
  /// provider named none.
  record AuthenticationMethods(List<String> methods) implements Operand {
    /// Sorts.
    public AuthenticationMethods {
      methods = sorted(methods);
    }
  }

  /// The sign-in was of one of the context classes (OpenID Connect `acr`, SAML
  /// AuthnContextClassRef). Missing when the provider named none.
  record AuthenticationContexts(List<String> contexts) implements Operand {
    /// Sorts.
    public AuthenticationContexts {
      contexts = sorted(contexts);
    }
  }

  private static <T extends Comparable<? super T>> List<T> sorted(Collection<T> values) {
    return values.stream().distinct().sorted().toList();
  }
}

package org.postern.policystore;

import java.util.List;

/// What a security event changes here.
public sealed interface SignalEffect {
  /// Sessions end: those of these people, or those that began at one session of the provider.
  ///
  /// @param users whose; empty: anybody's, by the provider's session alone
  /// @param providerSession the provider's name for its session; empty: all. A session of one of
  ///   these people of which it is not known where it began ends too
  record EndSessions(List<String> users, String providerSession) implements SignalEffect {
    /// Copies the list, and wants to know whose.
    public EndSessions {
      users = List.copyOf(users);
      if (users.isEmpty() && providerSession.isEmpty()) {
        throw new IllegalArgumentException("whose sessions? (expected: users or a session)");
      }
    }
  }

  /// People are shut out, or let in again as far as signals go.
  record Account(List<String> users, boolean suspended) implements SignalEffect {
    /// Copies the list.
    public Account {
      users = List.copyOf(users);
    }
  }

  /// A device is set aside, or freed as far as signals go.
  record Compliance(String device, boolean compliant) implements SignalEffect {}

  /// People, or a device, are held to be so risky.
  ///
  /// @param users ids; empty if a device is meant
  /// @param device id; empty if people are meant
  /// @param reason the transmitter's words, may be empty
  record Risk(List<String> users, String device, RiskLevel level, String reason)
      implements SignalEffect {
    /// Copies the list.
    public Risk {
      users = List.copyOf(users);
    }
  }

  /// The transmitter shows that it can reach us.
  ///
  /// @param state what we asked it to repeat; empty: it came by itself
  record Verification(String state) implements SignalEffect {}

  /// The transmitter says how the stream is.
  record StreamStatus(String status, String reason) implements SignalEffect {}

  /// It is written down and changes nothing.
  ///
  /// @param why in a few words, as in "unknown event"
  record Nothing(String why) implements SignalEffect {}
}

package org.postern.policystore;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What the policy must allow or must deny: a question, and the answer that is expected. It is
/// asked of somebody made up of whom only the written facts are known.
///
/// @param expect the outcome
/// @param rule the access rule that has to decide; empty: whichever does
public record PolicyTest(
    String name,
    Expectation expect,
    String rule,
    Target target,
    Person person,
    SignIn signIn,
    Situation situation) {
  /// As many as a configuration may have.
  public static final int MAX = 2_000;

  /// What is expected of a decision.
  public enum Expectation {
    /// It is allowed.
    ALLOW,
    /// It is denied.
    DENY,
    /// After a fresher or stronger sign-in.
    STEP_UP,
    /// After an approver has said yes.
    APPROVAL
  }

  /// What is asked for, and when.
  ///
  /// @param host in lower case
  /// @param at null: whenever the test runs
  public record Target(String host, int port, Transport transport, @Nullable Instant at) {}

  /// Who asks. Empty: not said.
  ///
  /// @param user an e-mail address in lower case
  /// @param groups of the policy; of the provider if it is said
  public record Person(
      String user, String provider, List<String> groups, Map<String, List<String>> attributes) {
    /// Copies and sorts what could change.
    public Person {
      groups = groups.stream().sorted().toList();
      Map<String, List<String>> sorted = new TreeMap<>();
      attributes.forEach((name, values) -> sorted.put(name, values.stream().sorted().toList()));
      attributes = java.util.Collections.unmodifiableMap(sorted);
    }
  }

  /// How the person signed in. Empty: not said.
  ///
  /// @param at null: a moment ago
  public record SignIn(@Nullable Instant at, String context, List<String> methods) {
    /// Copies and sorts the list.
    public SignIn {
      methods = methods.stream().sorted().toList();
    }
  }

  /// What is known of the device and its network. Null, empty and what is not in the map is a
  /// missing fact.
  ///
  /// @param source one address
  /// @param trustedNetworks none, if it is empty; null: not known
  /// @param country ISO 3166 alpha-2 in upper case; empty: not known
  public record Situation(
      @Nullable ClientType clientType,
      @Nullable Platform platform,
      Map<String, Truth> posture,
      @Nullable AddressRange source,
      @Nullable Set<String> trustedNetworks,
      String country,
      @Nullable RiskLevel risk) {
    /// Copies and sorts what could change.
    public Situation {
      posture = java.util.Collections.unmodifiableMap(new TreeMap<>(posture));
      trustedNetworks =
          trustedNetworks == null
              ? null
              : java.util.Collections.unmodifiableSet(new TreeSet<>(trustedNetworks));
    }
  }
}

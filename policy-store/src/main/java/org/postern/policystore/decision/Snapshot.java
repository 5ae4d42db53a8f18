package org.postern.policystore.decision;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Application;
import org.postern.policystore.DenyReason;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Transport;

/// The whole of policy in memory, immutable, with a version. Readers take the reference once per
/// question. Any thread; nothing here blocks.
@SuppressWarnings("DoNotCallSuggester")
public final class Snapshot {
  private Snapshot() {}

  /// Builds a snapshot; the work of milliseconds to a second, for a thread that may take its time.
  public static Snapshot build(
      long version, PolicyConfiguration configuration, IdentityState identities) {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// The same configuration with other people; shares all that does not depend on them.
  public Snapshot withIdentities(long version, IdentityState identities) {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// The policy version that this is a picture of.
  public long version() {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// The configuration that it was built from.
  public PolicyConfiguration configuration() {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// The people and machines that it was built from.
  public IdentityState identities() {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// What this snapshot thinks of a certificate's user and device. Never fails: a subject that may
  /// do nothing has a view that says why.
  public SubjectView subject(String userId, String deviceId) {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// May this subject open a flow to host and port, now?
  ///
  /// @param nowMillis milliseconds since the epoch
  public Decision decide(
      SubjectView subject, String host, int port, Transport transport, long nowMillis) {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// The application that a host and port belong to, whoever asks: exact name before the longest
  /// wildcard, for addresses the longest prefix. Null if there is none.
  public @Nullable Application match(String host, int port, Transport transport) {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// What the subject may reach behind a name; empty for what is forbidden and for what does not
  /// exist, after the same work.
  public Optional<ResolvedName> resolve(SubjectView subject, String host, long nowMillis) {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// The names that are ours to answer on the subject's device.
  public NamePlan namePlan(SubjectView subject, long nowMillis) {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// Why a connector may not work for a group; empty if it may.
  public Optional<DenyReason> connectorRefusal(String connectorId, String group) {
    throw new UnsupportedOperationException("the engine lands next");
  }

  /// The applications that connectors of a group serve, by name.
  public List<Application> applicationsServedBy(String group) {
    throw new UnsupportedOperationException("the engine lands next");
  }
}

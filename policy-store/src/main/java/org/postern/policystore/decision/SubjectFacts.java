package org.postern.policystore.decision;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.TrustedNetwork;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;

/// All that is known about one subject in one snapshot: what conditions ask.
///
/// @param user null for a workload
/// @param email that rules may rely on; null: nobody vouches for one
/// @param groups the groups that the subject is surely in
/// @param workload null for a person
record SubjectFacts(
    CompiledPolicy policy,
    @Nullable UserRecord user,
    @Nullable String email,
    Set<String> groups,
    @Nullable SessionRecord session,
    @Nullable String workload,
    Facts facts,
    List<ApprovalRecord> approvals) {

  /// The opaque id by which a share of subjects is drawn.
  String id() {
    if (workload != null) {
      return workload;
    }
    return user == null ? "" : user.id();
  }

  Truth memberOf(String group) {
    if (workload != null) {
      return Truth.UNKNOWN;
    }
    if (groups.contains(group)) {
      return Truth.TRUE;
    }
    return email == null && policy.listsMembers(group) ? Truth.UNKNOWN : Truth.FALSE;
  }

  Truth isUser(List<String> emails) {
    return email == null ? Truth.UNKNOWN : Truth.of(emails.contains(email));
  }

  /// What a posture profile came to; unknown where it cannot be answered.
  Truth posture(String profile) {
    PostureProfile known = policy.postureProfile(profile);
    if (known == null
        || facts.platform() == null
        || !known.platforms().contains(facts.platform())) {
      return Truth.UNKNOWN;
    }
    return facts.posture().getOrDefault(profile, Truth.UNKNOWN);
  }

  Truth onNetwork(String name) {
    TrustedNetwork network = policy.trustedNetwork(name);
    if (network == null) {
      return Truth.UNKNOWN;
    }
    if (!network.sources().isEmpty()) {
      return from(network.sources());
    }
    Set<String> reported = facts.trustedNetworks();
    return reported == null ? Truth.UNKNOWN : Truth.of(reported.contains(name));
  }

  Truth onAnyNetwork() {
    Truth any = Truth.FALSE;
    for (TrustedNetwork network : policy.configuration.trustedNetworks()) {
      any = any.or(onNetwork(network.name()));
    }
    return any;
  }

  Truth from(List<AddressRange> ranges) {
    AddressRange source = facts.source();
    if (source == null) {
      return Truth.UNKNOWN;
    }
    for (AddressRange range : ranges) {
      if (range.contains(source)) {
        return Truth.TRUE;
      }
    }
    return Truth.FALSE;
  }

  boolean approved(String application, long nowMillis) {
    return approval(application, nowMillis) != null;
  }

  /// The approval of an application that is in force.
  @Nullable ApprovalRecord approval(String application, long nowMillis) {
    for (int i = 0; i < approvals.size(); i++) {
      ApprovalRecord approval = approvals.get(i);
      if (!approval.revoked()
          && approval.application().equals(application)
          && approval.startsAt().toEpochMilli() <= nowMillis
          && nowMillis < approval.endsAt().toEpochMilli()) {
        return approval;
      }
    }
    return null;
  }

  /// When the answer of [#approved] changes next, for any application.
  long nextApproval(long nowMillis) {
    long next = Long.MAX_VALUE;
    for (ApprovalRecord approval : approvals) {
      if (!approval.revoked()) {
        next = Math.min(next, after(approval.startsAt().toEpochMilli(), nowMillis));
        next = Math.min(next, after(approval.endsAt().toEpochMilli(), nowMillis));
      }
    }
    return next;
  }

  private static long after(long instant, long nowMillis) {
    return instant > nowMillis ? instant : Long.MAX_VALUE;
  }

  /// The first millisecond at which the sign-in is so many seconds old; long ago without one.
  long youngUntil(long seconds) {
    return session == null
        ? Long.MIN_VALUE
        : session.authenticatedAt().toEpochMilli() + seconds * 1_000;
  }
}

package org.postern.policystore.decision;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.RiskRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;

/// People and machines, by id; sessions by the device that they are on (the newest of each);
/// approvals by the person that they are for; risk levels by whom they are about. Immutable by
/// agreement: whoever hands maps in does not change them afterwards, which spares a copy of a
/// hundred thousand entries at every sign-in.
public record IdentityState(
    Map<String, UserRecord> users,
    Map<String, DeviceRecord> devices,
    Map<String, SessionRecord> sessionsByDevice,
    Map<String, ConnectorRecord> connectors,
    Map<String, List<ApprovalRecord>> approvalsByUser,
    Map<RiskRecord.Subject, List<RiskRecord>> risks) {

  /// Nobody.
  public static final IdentityState EMPTY =
      new IdentityState(Map.of(), Map.of(), Map.of(), Map.of());

  /// Without approvals and risk levels.
  public IdentityState(
      Map<String, UserRecord> users,
      Map<String, DeviceRecord> devices,
      Map<String, SessionRecord> sessionsByDevice,
      Map<String, ConnectorRecord> connectors) {
    this(users, devices, sessionsByDevice, connectors, Map.of());
  }

  /// Without risk levels.
  public IdentityState(
      Map<String, UserRecord> users,
      Map<String, DeviceRecord> devices,
      Map<String, SessionRecord> sessionsByDevice,
      Map<String, ConnectorRecord> connectors,
      Map<String, List<ApprovalRecord>> approvalsByUser) {
    this(users, devices, sessionsByDevice, connectors, approvalsByUser, Map.of());
  }

  /// How risky a user on a device is held to be: the higher of what is said of either; null if
  /// nobody says anything.
  public @Nullable RiskLevel risk(String userId, String deviceId, Instant now) {
    RiskLevel user = risk(RiskRecord.Kind.USER, userId, now);
    RiskLevel device = risk(RiskRecord.Kind.DEVICE, deviceId, now);
    return user == null ? device : device == null ? user : higher(user, device);
  }

  /// The level of a user or a device alone: what an administrator says, else the highest that any
  /// transmitter says; null if nobody says anything.
  public @Nullable RiskLevel risk(RiskRecord.Kind kind, String id, Instant now) {
    RiskLevel highest = null;
    for (RiskRecord risk : risks.getOrDefault(new RiskRecord.Subject(kind, id), List.of())) {
      if (risk.holdsAt(now)) {
        if (risk.source().equals(RiskRecord.ADMINISTRATOR)) {
          return risk.level();
        }
        highest = highest == null ? risk.level() : higher(highest, risk.level());
      }
    }
    return highest;
  }

  private static RiskLevel higher(RiskLevel one, RiskLevel other) {
    return one.compareTo(other) >= 0 ? one : other;
  }
}

package org.postern.policystore.decision;

import java.util.List;
import java.util.Map;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;

/// People and machines, by id; sessions by the device that they are on (the newest of each);
/// approvals by the person that they are for. Immutable by agreement: whoever hands maps in does
/// not change them afterwards, which spares a copy of a hundred thousand entries at every sign-in.
public record IdentityState(
    Map<String, UserRecord> users,
    Map<String, DeviceRecord> devices,
    Map<String, SessionRecord> sessionsByDevice,
    Map<String, ConnectorRecord> connectors,
    Map<String, List<ApprovalRecord>> approvalsByUser) {

  /// Nobody.
  public static final IdentityState EMPTY =
      new IdentityState(Map.of(), Map.of(), Map.of(), Map.of());

  /// Without approvals.
  public IdentityState(
      Map<String, UserRecord> users,
      Map<String, DeviceRecord> devices,
      Map<String, SessionRecord> sessionsByDevice,
      Map<String, ConnectorRecord> connectors) {
    this(users, devices, sessionsByDevice, connectors, Map.of());
  }
}

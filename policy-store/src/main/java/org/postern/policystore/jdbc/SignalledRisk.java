package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.postern.policystore.RiskRecord;
import org.postern.policystore.SignalEffect.Risk;

/// Risk levels that a transmitter told. They hold until it says otherwise, or an administrator
/// takes them back.
final class SignalledRisk {
  private SignalledRisk() {}

  /// Notes it, and says in words what came of it.
  static String note(Connection connection, SignalEvents.Received received, Risk risk)
      throws SQLException {
    List<RiskRecord.Subject> subjects =
        risk.device().isEmpty()
            ? risk.users().stream()
                .sorted()
                .map(id -> new RiskRecord.Subject(RiskRecord.Kind.USER, id))
                .toList()
            : List.of(new RiskRecord.Subject(RiskRecord.Kind.DEVICE, risk.device()));
    int noted = 0;
    for (RiskRecord.Subject subject : subjects) {
      String source = RiskRecord.SIGNAL + received.stream();
      Risks.Said said =
          new Risks.Said(subject, risk.level(), risk.reason(), received.provider(), null);
      if (Risks.put(connection, id(source, subject), source, received.happenedAt(), said)
          .isPresent()) {
        noted++;
      }
    }
    String level = risk.level().name().toLowerCase(Locale.ROOT);
    return noted == 0
        ? "a later event holds"
        : "risk of "
            + (noted > 1 ? noted + " users" : risk.device().isEmpty() ? "1 user" : "the device")
            + " is "
            + level;
  }

  /// One record of each subject and source, so its id can be made of them.
  private static String id(String source, RiskRecord.Subject subject) {
    return "k-"
        + java.util.HexFormat.of()
            .formatHex(Tokens.hash(source + "\n" + subject.kind() + "\n" + subject.id()), 0, 16);
  }
}

package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.audit.AuditVerdict;

/// One walk along the audit log, from the first entry to the head.
final class AuditCheck {
  private final Connection connection;
  private final AuditChain chain;
  private final AuditVerdict.@Nullable Intact anchor;
  private AuditChain.Link last = AuditChain.Link.START;

  AuditCheck(Connection connection, AuditChain chain, AuditVerdict.@Nullable Intact anchor) {
    this.connection = connection;
    this.chain = chain;
    this.anchor = anchor;
  }

  AuditVerdict run() throws SQLException {
    List<AuditChain.Stored> page = AuditTrail.page(connection, 0);
    while (!page.isEmpty()) {
      for (AuditChain.Stored stored : page) {
        AuditVerdict.Broken broken = fault(stored);
        if (broken != null) {
          return broken;
        }
        last = new AuditChain.Link(stored.row().seq(), stored.hash());
      }
      page = AuditTrail.page(connection, last.seq());
    }
    AuditChain.Link head =
        Database.first(
                connection,
                row -> new AuditChain.Link(row.getLong("seq"), Database.hex(row, "hash")),
                "select seq, hash from audit_head")
            .orElse(new AuditChain.Link(-1, ""));
    if (head.seq() != last.seq() || !head.hash().equals(last.hash())) {
      return broken(last.seq() + 1, "the newest entries are missing");
    }
    if (anchor != null && anchor.seq() > last.seq()) {
      return broken(last.seq() + 1, "the log ends before the entry that was noted");
    }
    return new AuditVerdict.Intact(last.seq(), last.hash());
  }

  private AuditVerdict.@Nullable Broken fault(AuditChain.Stored stored) {
    long seq = stored.row().seq();
    if (seq != last.seq() + 1) {
      return broken(last.seq() + 1, "entries are missing");
    }
    if (!stored.previous().equals(last.hash())) {
      return broken(seq, "the entry does not follow the one before it");
    }
    if (!stored.hash().equals(chain.hash(last.hash(), stored.row()))) {
      return broken(seq, "the entry was changed or made up");
    }
    if (anchor != null && anchor.seq() == seq && !anchor.hash().equals(stored.hash())) {
      return broken(seq, "the entry is not the one that was noted");
    }
    return null;
  }

  private static AuditVerdict.Broken broken(long seq, String what) {
    return new AuditVerdict.Broken(seq, what);
  }
}

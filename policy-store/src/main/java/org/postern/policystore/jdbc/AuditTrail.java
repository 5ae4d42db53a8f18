package org.postern.policystore.jdbc;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEntry;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditFields;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.audit.AuditQuery;
import org.postern.policystore.audit.AuditVerdict;
import org.postern.policystore.audit.DecisionOverride;

/// The audit log in the database: append-only, each entry bound to the one before by a keyed hash.
/// The key is sealed, so whoever holds the database alone can break the chain but not mend it.
/// Blocking; any thread.
public final class AuditTrail implements AuditLog {
  private static final String KEY = "audit chain key";
  private static final int KEY_BYTES = 32;
  private static final int PAGE = 2_000;

  /// Callers whose entries share a transaction.
  private static final int GROUP_MAX = 256;

  private static final String COLUMNS =
      "select seq, at, actor_kind, actor_id, actor_name, action, object_kind, object_name, outcome,"
          + " before_fields, after_fields, detail, request_id, from_address, previous, hash"
          + " from audit_event ";

  private final Database database;
  private final SecretSealer sealer;
  private final SecureRandom random;
  private final InstantSource clock;
  private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
  private final ReentrantLock turn = new ReentrantLock();
  private volatile @Nullable AuditChain chain;

  /// Over a data source. The key is made when it is needed first.
  public AuditTrail(
      DataSource source, SecretSealer sealer, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.sealer = sealer;
    this.random = random;
    this.clock = clock;
  }

  /// What came in while another transaction was under way goes into the next one together: the
  /// chain has one end, and a commit per entry would hold all to one turn of the disk each.
  @Override
  public void recordAll(List<AuditEvent> events) {
    if (events.isEmpty()) {
      return;
    }
    AuditChain known = chain();
    Waiting mine = new Waiting(List.copyOf(events));
    waiting.add(mine);
    turn.lock();
    try {
      if (!mine.written) {
        writeWith(mine, known);
      }
    } finally {
      turn.unlock();
    }
  }

  private void writeWith(Waiting mine, AuditChain known) {
    List<Waiting> group = new ArrayList<>(List.of(mine));
    waiting.remove(mine);
    if (!mine.alone) {
      for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
        group.add(next);
        if (group.size() == GROUP_MAX) {
          break;
        }
      }
    }
    try {
      write(known, group);
    } catch (RuntimeException e) {
      if (group.size() == 1) {
        throw e;
      }
      // One of them may be at fault: each for itself, then.
      group.forEach(each -> each.alone = true);
      write(known, List.of(mine));
    }
  }

  private void write(AuditChain known, List<Waiting> group) {
    List<AuditEvent> all = group.stream().flatMap(each -> each.events.stream()).toList();
    database.transaction(
        "write to the audit log",
        connection -> {
          append(connection, known, all);
          return "";
        });
    group.forEach(each -> each.written = true);
  }

  /// Entries of one caller, who waits for them. Its flags are guarded by the turn.
  private static final class Waiting {
    private final List<AuditEvent> events;
    private boolean written;
    private boolean alone;

    Waiting(List<AuditEvent> events) {
      this.events = events;
    }
  }

  /// Makes the key ready, so that it is not looked for while locks are held.
  void prepare() {
    chain();
  }

  /// Appends in a transaction that is under way, as its last statement.
  void append(Connection connection, List<AuditEvent> events) throws SQLException {
    if (!events.isEmpty()) {
      append(connection, chain(), events);
    }
  }

  private void append(Connection connection, AuditChain known, List<AuditEvent> events)
      throws SQLException {
    AuditChain.Link last =
        Database.first(
                connection,
                row -> new AuditChain.Link(row.getLong("seq"), Database.hex(row, "hash")),
                "select seq, hash from audit_head for update")
            .orElseThrow();
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (AuditEvent event : events) {
      AuditChain.Row row = row(last.seq() + 1, now, event);
      String hash = known.hash(last.hash(), row);
      rows.add(columns(row, last.hash(), hash));
      last = new AuditChain.Link(row.seq(), hash);
    }
    Database.batch(
        connection,
        "insert into audit_event (seq, at, actor_kind, actor_id, actor_name, action, object_kind,"
            + " object_name, outcome, before_fields, after_fields, detail, request_id,"
            + " from_address, previous, hash)"
            + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows);
    Database.update(
        connection,
        "update audit_head set seq = ?, hash = ?",
        last.seq(),
        HexFormat.of().parseHex(last.hash()));
  }

  private static AuditChain.Row row(long seq, Instant at, AuditEvent event) {
    return new AuditChain.Row(
        seq,
        at,
        List.of(
            lower(event.actor().kind()),
            clean(event.actor().id()),
            clean(event.actor().name()),
            event.action(),
            event.objectKind(),
            clean(event.objectName()),
            lower(event.outcome()),
            FieldsText.write(AuditFields.masked(event.objectKind(), event.before())),
            FieldsText.write(AuditFields.masked(event.objectKind(), event.after())),
            clean(event.detail()),
            event.requestId(),
            event.from()));
  }

  /// PostgreSQL has no NUL in texts, and half a character is none.
  private static String clean(String text) {
    return new String(
        text.replace("\0", "").getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private static @Nullable Object[] columns(AuditChain.Row row, String previous, String hash) {
    List<@Nullable Object> columns = new ArrayList<>();
    columns.add(row.seq());
    columns.add(row.at());
    columns.addAll(row.texts());
    columns.add(HexFormat.of().parseHex(previous));
    columns.add(HexFormat.of().parseHex(hash));
    return columns.toArray();
  }

  private static String lower(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT);
  }

  /// Entries that a question asks for, newest first.
  public List<AuditEntry> list(AuditQuery query) {
    StringBuilder sql = new StringBuilder(COLUMNS).append("where seq < ?");
    List<@Nullable Object> parameters = new ArrayList<>();
    parameters.add(query.before());
    where(sql, parameters, " and actor_name = ?", query.actor());
    where(sql, parameters, " and action = ?", query.action());
    where(sql, parameters, " and object_kind = ?", query.objectKind());
    where(sql, parameters, " and object_name = ?", query.objectName());
    where(sql, parameters, " and at >= ?", query.since());
    if (query.overrides()) {
      sql.append(" and ").append(DecisionOverride.condition());
    }
    sql.append(" order by seq desc limit ").append(query.limit());
    return database.list(
        "read the audit log", AuditTrail::entry, sql.toString(), parameters.toArray());
  }

  private static void where(
      StringBuilder sql,
      List<@Nullable Object> parameters,
      String condition,
      Optional<? extends Object> value) {
    value.ifPresent(present -> {
      sql.append(condition);
      parameters.add(present);
    });
  }

  /// Reads the whole log and computes every hash again.
  ///
  /// @param anchor an entry's number and hash that were noted before, elsewhere; null: none
  public AuditVerdict verify(AuditVerdict.@Nullable Intact anchor) {
    AuditChain known = chain();
    return database.transaction(
        "verify the audit log",
        connection -> {
          connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
          return new AuditCheck(connection, known, anchor).run();
        });
  }

  static List<AuditChain.Stored> page(Connection connection, long after) throws SQLException {
    return Database.list(
        connection,
        AuditTrail::stored,
        COLUMNS + "where seq > ? order by seq limit " + PAGE,
        after);
  }

  private static AuditChain.Stored stored(ResultSet row) throws SQLException {
    List<String> texts =
        List.of(
            row.getString("actor_kind"),
            row.getString("actor_id"),
            row.getString("actor_name"),
            row.getString("action"),
            row.getString("object_kind"),
            row.getString("object_name"),
            row.getString("outcome"),
            row.getString("before_fields"),
            row.getString("after_fields"),
            row.getString("detail"),
            row.getString("request_id"),
            row.getString("from_address"));
    return new AuditChain.Stored(
        new AuditChain.Row(row.getLong("seq"), Database.instant(row, "at"), texts),
        Database.hex(row, "previous"),
        Database.hex(row, "hash"));
  }

  private static AuditEntry entry(ResultSet row) throws SQLException {
    AuditEvent event =
        new AuditEvent(
            new Actor(
                Actor.Kind.valueOf(row.getString("actor_kind").toUpperCase(Locale.ROOT)),
                row.getString("actor_id"),
                row.getString("actor_name")),
            row.getString("action"),
            row.getString("object_kind"),
            row.getString("object_name"),
            AuditEvent.Outcome.valueOf(row.getString("outcome").toUpperCase(Locale.ROOT)),
            FieldsText.read(row.getString("before_fields")),
            FieldsText.read(row.getString("after_fields")),
            row.getString("detail"),
            row.getString("request_id"),
            row.getString("from_address"));
    return new AuditEntry(
        row.getLong("seq"), Database.instant(row, "at"), event, Database.hex(row, "hash"));
  }

  private AuditChain chain() {
    AuditChain known = chain;
    if (known == null) {
      known = new AuditChain(sealer.open(sealedKey(), KEY));
      chain = known;
    }
    return known;
  }

  private byte[] sealedKey() {
    byte[] fresh = new byte[KEY_BYTES];
    random.nextBytes(fresh);
    return database.transaction(
        "read the key of the audit log",
        connection -> {
          // Of two brokers that start at once, one makes the key and both read it.
          Database.update(
              connection,
              "insert into sealed_material (name, sealed, created_at) values (?, ?, ?)"
                  + " on conflict (name) do nothing",
              KEY,
              sealer.seal(fresh, KEY),
              clock.instant());
          return Database.first(
                  connection,
                  row -> row.getBytes(1),
                  "select sealed from sealed_material where name = ?",
                  KEY)
              .orElseThrow();
        });
  }
}

package org.postern.policystore.jdbc;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.sql.DataSource;

/// The last sign-in through each provider: what it said, so that the administrator can map it.
/// Blocking; any thread.
public final class ProviderNotes {
  private static final int SAMPLE_MAX = 120;
  private static final int WHY_MAX = 4_000;

  private final Database database;
  private final InstantSource clock;

  /// A sign-in.
  ///
  /// @param said the first value of each claim or attribute, cut to a readable length
  public record Note(Instant at, String subject, Map<String, String> said) {
    /// Copies the map.
    public Note {
      said = Map.copyOf(said);
    }
  }

  /// A test sign-in that was refused.
  ///
  /// @param why for the administrator
  public record Refusal(Instant at, String why) {}

  /// Over a data source.
  public ProviderNotes(DataSource source, InstantSource clock) {
    this.database = new Database(source);
    this.clock = clock;
  }

  /// Notes a sign-in in place of the one before.
  public void note(String provider, String subject, Map<String, List<String>> said) {
    List<String> names = new ArrayList<>();
    List<String> samples = new ArrayList<>();
    new TreeMap<>(said)
        .forEach((name, values) -> {
          String first = values.isEmpty() ? "" : values.getFirst();
          names.add(name);
          samples.add(first.substring(0, Math.min(first.length(), SAMPLE_MAX)));
        });
    database.update(
        "note a sign-in",
        "insert into provider_note (provider, noted_at, subject, names, samples)"
            + " values (?, ?, ?, ?, ?) on conflict (provider) do update set"
            + " noted_at = excluded.noted_at, subject = excluded.subject, names = excluded.names,"
            + " samples = excluded.samples",
        provider,
        clock.instant(),
        subject,
        names,
        samples);
  }

  /// Notes that a test sign-in was refused, until one is not.
  public void refused(String provider, String why) {
    database.update(
        "note a refused test sign-in",
        "insert into provider_test (provider, refused_at, why) values (?, ?, ?)"
            + " on conflict (provider) do update set"
            + " refused_at = excluded.refused_at, why = excluded.why",
        provider,
        clock.instant(),
        why.substring(0, Math.min(why.length(), WHY_MAX)));
  }

  /// A test sign-in worked: the refusal before is over.
  public void worked(String provider) {
    database.update(
        "note a test sign-in", "delete from provider_test where provider = ?", provider);
  }

  /// The last test sign-in, if it was refused.
  public Optional<Refusal> lastRefused(String provider) {
    return database.first(
        "read the last refused test sign-in",
        row -> new Refusal(Database.instant(row, "refused_at"), row.getString("why")),
        "select refused_at, why from provider_test where provider = ?",
        provider);
  }

  /// The last one.
  public Optional<Note> last(String provider) {
    return database.first(
        "read the last sign-in",
        row -> {
          List<String> names = Database.texts(row, "names");
          List<String> samples = Database.texts(row, "samples");
          Map<String, String> said = new TreeMap<>();
          for (int i = 0; i < names.size(); i++) {
            said.put(names.get(i), samples.get(i));
          }
          return new Note(Database.instant(row, "noted_at"), row.getString("subject"), said);
        },
        "select noted_at, subject, names, samples from provider_note where provider = ?",
        provider);
  }
}

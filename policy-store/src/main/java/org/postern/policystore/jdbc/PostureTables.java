package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Platform;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.PostureTerms;

/// Posture profiles in their tables.
final class PostureTables {
  private PostureTables() {}

  /// One row of `posture_requirement`.
  private record Row(String kind, String subject, List<String> accepted) {}

  static List<PostureProfile> read(Connection connection) throws SQLException {
    Map<String, List<PostureRequirement>> requirements = new HashMap<>();
    Database.list(
        connection,
        row ->
            requirements
                .computeIfAbsent(row.getString("profile"), key -> new ArrayList<>())
                .add(
                    requirement(
                        new Row(
                            row.getString("kind"),
                            row.getString("subject"),
                            Database.texts(row, "accepted")))),
        "select profile, kind, subject, accepted from posture_requirement");
    List<PostureProfile> profiles =
        new ArrayList<>(
            Database.list(
                connection,
                row ->
                    new PostureProfile(
                        row.getString("name"),
                        Database.texts(row, "platforms").stream().map(Platform::valueOf).toList(),
                        row.getString("description"),
                        new PostureTerms(
                            requirements.getOrDefault(row.getString("name"), List.of()),
                            Duration.ofSeconds(row.getLong("age_max_seconds")),
                            Duration.ofSeconds(row.getLong("grace_seconds")))),
                "select name, platforms, description, age_max_seconds, grace_seconds"
                    + " from posture_profile"));
    profiles.sort(Comparator.comparing(PostureProfile::name));
    return profiles;
  }

  /// Takes away what is gone or replaced, and writes what is new.
  static void write(
      Connection connection, Collection<String> gone, Collection<PostureProfile> fresh)
      throws SQLException {
    if (!gone.isEmpty()) {
      Database.update(
          connection, "delete from posture_profile where name = any (?)", List.copyOf(gone));
    }
    List<@Nullable Object[]> requirements = new ArrayList<>();
    for (PostureProfile profile : fresh) {
      Database.update(
          connection,
          "insert into posture_profile (name, platforms, description, age_max_seconds,"
              + " grace_seconds) values (?, ?, ?, ?, ?)",
          profile.name(),
          profile.platforms().stream().map(Platform::name).toList(),
          profile.description(),
          profile.terms().ageMax().toSeconds(),
          profile.terms().grace().toSeconds());
      for (PostureRequirement requirement : profile.terms().requirements()) {
        Row row = row(requirement);
        requirements.add(new Object[] {profile.name(), row.kind(), row.subject(), row.accepted()});
      }
    }
    Database.batch(
        connection,
        "insert into posture_requirement (profile, kind, subject, accepted) values (?, ?, ?, ?)",
        requirements);
  }

  private static Row row(PostureRequirement requirement) {
    String kind = requirement.kind();
    return switch (requirement) {
      case PostureRequirement.Os(List<PostureRequirement.OsVersion> anyOf) ->
          new Row(kind, "", anyOf.stream().map(Object::toString).toList());
      case PostureRequirement.Kernel(String least) -> new Row(kind, "", List.of(least));
      case PostureRequirement.Client(String least) -> new Row(kind, "", List.of(least));
      case PostureRequirement.DiskEncrypted disk -> new Row(kind, "", List.of());
      case PostureRequirement.FirewallOn firewall -> new Row(kind, "", List.of());
      case PostureRequirement.ScreenLock(Duration within) ->
          new Row(kind, "", List.of(Long.toString(within.toSeconds())));
      case PostureRequirement.Domain(List<String> anyOf) -> new Row(kind, "", anyOf);
      case PostureRequirement.Program(String path, List<String> sha256) ->
          new Row(kind, path, sha256);
      case PostureRequirement.File(String path, List<String> sha256) -> new Row(kind, path, sha256);
      case PostureRequirement.ProtectedKey(String label) -> new Row(kind, label, List.of());
    };
  }

  private static PostureRequirement requirement(Row row) throws SQLException {
    return switch (row.kind()) {
      case "os" ->
          new PostureRequirement.Os(row.accepted().stream().map(PostureTables::os).toList());
      case "kernelAtLeast" -> new PostureRequirement.Kernel(row.accepted().getFirst());
      case "clientAtLeast" -> new PostureRequirement.Client(row.accepted().getFirst());
      case "diskEncrypted" -> new PostureRequirement.DiskEncrypted();
      case "firewallOn" -> new PostureRequirement.FirewallOn();
      case "screenLockWithin" ->
          new PostureRequirement.ScreenLock(
              Duration.ofSeconds(Long.parseLong(row.accepted().getFirst())));
      case "joinedTo" -> new PostureRequirement.Domain(row.accepted());
      case "processes" -> new PostureRequirement.Program(row.subject(), row.accepted());
      case "files" -> new PostureRequirement.File(row.subject(), row.accepted());
      case "protectedKeys" -> new PostureRequirement.ProtectedKey(row.subject());
      default ->
          throw new SQLException(
              String.format(Locale.ROOT, "unknown posture requirement: %s", row.kind()));
    };
  }

  private static PostureRequirement.OsVersion os(String text) {
    int space = text.indexOf(' ');
    return space < 0
        ? new PostureRequirement.OsVersion(text, "")
        : new PostureRequirement.OsVersion(text.substring(0, space), text.substring(space + 1));
  }
}

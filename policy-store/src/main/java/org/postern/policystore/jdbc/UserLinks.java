package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AsciiCase;

/// How a SCIM resource and a sign-in of the same provider are found to be one person. Never across
/// providers. In this order, and the first that fits decides:
///
/// 1. `externalId` is the sign-in's subject (`sub`, NameID), to the letter;
/// 2. `userName` is the subject, whatever the case of its letters A to Z;
/// 3. `userName` is the e-mail address that the provider vouches for at sign-in, likewise.
///
/// The key of a `userName` is folded as Unicode has it, which is more: it finds, it does not
/// decide.
///
/// Once made, the link holds whatever is renamed, until the resource is deleted. A resource that is
/// made again is another person: who signs in with a subject that a deleted resource had starts
/// with a new id, without the devices of the old one.
final class UserLinks {
  private UserLinks() {}

  private record Known(String id, boolean provisioned) {}

  /// Gives the subject that signs in to the provisioned user who is waiting for it, if there is
  /// one.
  static void beforeSignIn(Connection connection, String provider, String subject, String email)
      throws SQLException {
    Optional<Known> known =
        Database.first(
            connection,
            row -> new Known(row.getString("id"), row.getBoolean("provisioned")),
            "select id, exists (select from scim_user where user_id = id) as provisioned"
                + " from app_user where provider = ? and subject = ? and not subject_pending",
            provider,
            subject);
    if (known.isPresent() && known.get().provisioned()) {
      return;
    }
    Optional<String> waiting = waiting(connection, provider, subject, email);
    if (waiting.isEmpty()) {
      return;
    }
    if (known.isPresent()) {
      giveUpSubject(connection, known.get().id());
    }
    Database.update(
        connection,
        "update app_user set subject = ?, subject_pending = false where id = ?",
        subject,
        waiting.get());
  }

  private static Optional<String> waiting(
      Connection connection, String provider, String subject, String email) throws SQLException {
    String name = AsciiCase.fold(subject);
    // Two first sign-ins at once: the second finds nobody waiting any more.
    return Database.first(
        connection,
        row -> row.getString("id"),
        "select a.id from app_user a join scim_user s on s.user_id = a.id"
            + " where s.provider = ? and a.subject_pending"
            + " and (s.external_id = ?"
            + " or (s.user_name_key = ? and ascii_lower(s.user_name) = ?)"
            + " or (? <> '' and s.user_name_key = ? and ascii_lower(s.user_name) = ?))"
            + " order by s.external_id is not distinct from ? desc,"
            + " ascii_lower(s.user_name) = ? desc, a.id"
            + " limit 1 for update of a",
        provider,
        subject,
        ScimUsers.key(subject),
        name,
        email,
        ScimUsers.key(email),
        email,
        subject,
        name);
  }

  /// The old holder of the subject stays, without it, so that what refers to them stays true.
  private static void giveUpSubject(Connection connection, String userId) throws SQLException {
    lockSessions(connection, userId);
    Database.update(
        connection,
        "update session set revoked_at = now(), revoked_because = 'provisioned anew'"
            + " where user_id = ? and revoked_at is null",
        userId);
    Database.update(
        connection,
        "update app_user set subject = 'former:' || id, subject_pending = true, inactive = true"
            + " where id = ?",
        userId);
  }

  /// Rows before the version, as everywhere.
  static void lockSessions(Connection connection, String userId) throws SQLException {
    Database.list(
        connection,
        row -> "",
        "select id from session where user_id = ? and revoked_at is null order by id for update",
        userId);
  }

  /// Who has signed in already and is the person of a new resource.
  static Optional<String> signedInBefore(
      Connection connection, String provider, @Nullable String externalId, String userName)
      throws SQLException {
    List<String> found =
        Database.list(
            connection,
            row -> row.getString("id"),
            "select a.id from app_user a where a.provider = ? and not a.subject_pending"
                + " and not exists (select from scim_user where user_id = a.id)"
                // Deleted by SCIM before: another person now.
                + " and not a.inactive and (a.subject = ? or ascii_lower(a.subject) = ? or a.email"
                + " = ?) order by a.subject is not distinct from ? desc, ascii_lower(a.subject) = ?"
                + " desc, a.id limit 1 for update",
            provider,
            externalId,
            AsciiCase.fold(userName),
            AsciiCase.fold(userName),
            externalId,
            AsciiCase.fold(userName));
    return found.stream().findFirst();
  }
}

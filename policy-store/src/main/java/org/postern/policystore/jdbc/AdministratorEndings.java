package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Ends sessions of administrators within a transaction, each with the token of its command line.
///
/// @param because for the one whose session it was, behind "you were signed out:"
record AdministratorEndings(Connection connection, Instant now, String because) {
  /// One of this administrator's.
  int one(String administratorId, String sessionId) throws SQLException {
    return end("administrator_id = ? and id = ?", administratorId, sessionId);
  }

  /// All of an administrator.
  int all(String administratorId) throws SQLException {
    return end("administrator_id = ?", administratorId);
  }

  /// All of an administrator but one.
  int others(String administratorId, String sessionId) throws SQLException {
    return end("administrator_id = ? and id <> ?", administratorId, sessionId);
  }

  /// One that came through a provider, by its id alone, and the command lines that it let in.
  int ofProvider(String sessionId) throws SQLException {
    return end("provider is not null and (id = ? or let_in_by = ?)", sessionId, sessionId);
  }

  /// Those that this user has as an administrator through a provider.
  int ofUser(String userId) throws SQLException {
    return end(
        "provider is not null and administrator_id in"
            + " (select id from administrator where user_id = ?)",
        userId);
  }

  /// Those that the user of this device has as an administrator through a provider.
  int ofDevice(String deviceId) throws SQLException {
    return end(
        "provider is not null and administrator_id in (select a.id from administrator a"
            + " join device d on d.user_id = a.user_id where d.id = ?)",
        deviceId);
  }

  /// Those that began at a provider's session, or all that somebody has through it.
  ///
  /// @param subject whose; empty: anybody's
  /// @param providerSession the provider's name for its session; empty: any
  int ofProvider(String provider, String subject, String providerSession) throws SQLException {
    return end(
        "provider = ? and (? = '' or provider_session = ?) and (? = '' or administrator_id in"
            + " (select a.id from administrator a join app_user u on u.id = a.user_id"
            + " where u.provider = ? and u.subject = ?))",
        provider,
        providerSession,
        providerSession,
        subject,
        provider,
        subject);
  }

  /// Those of users, or of a provider's session, that a signal is about.
  ///
  /// @param before only what was opened by then
  /// @param users empty: anybody
  /// @param providerSession empty: any; of SAML, the part before `::`
  int signalled(String provider, Instant before, List<String> users, String providerSession)
      throws SQLException {
    return end(
        "provider = ? and created_at <= ? and (cardinality(?) = 0 or administrator_id in"
            + " (select id from administrator where user_id = any (?)))"
            + " and (? = '' or provider_session = ? or starts_with(provider_session, ? || '::')"
            + " or (provider_session = '' and cardinality(?) > 0))",
        provider,
        before,
        users,
        users,
        providerSession,
        providerSession,
        providerSession,
        users);
  }

  private int end(String which, @Nullable Object... parameters) throws SQLException {
    List<@Nullable Object> values = new ArrayList<>();
    values.add(now);
    values.addAll(Arrays.asList(parameters));
    Database.update(
        connection,
        "update admin_token set revoked_at = ? where revoked_at is null and id in"
            + " (select token_id from administrator_session where ended_at is null and "
            + which
            + ")",
        values.toArray());
    values.add(1, because);
    return Database.update(
        connection,
        "update administrator_session set ended_at = ?, ended_because = ?"
            + " where ended_at is null and "
            + which,
        values.toArray());
  }
}

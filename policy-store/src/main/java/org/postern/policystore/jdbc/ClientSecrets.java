package org.postern.policystore.jdbc;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.SecretSealer;

/// The secrets with which the broker proves itself to identity providers. Blocking; any thread.
public final class ClientSecrets {
  private static final int SECRET_BYTES_MAX = 8 * 1024;

  /// The process's environment; `System::getenv` outside tests.
  public interface Environment {
    /// The value of a variable, null if it is not set.
    @Nullable String get(String variable);
  }

  private final Database database;
  private final SecretSealer sealer;
  private final Environment environment;

  /// Over a data source.
  public ClientSecrets(DataSource source, SecretSealer sealer, Environment environment) {
    this.database = new Database(source);
    this.sealer = sealer;
    this.environment = environment;
  }

  /// The client secret of a provider, read anew at each call so that it can be rotated in place;
  /// empty for a public client. Throws [StoreException], without the secret, if the provider is not
  /// configured or the secret is not where the configuration says.
  public Optional<String> of(String provider) {
    return database
        .first(
            "read a client secret",
            row -> read(provider, row),
            "select secret_kind, secret_location, secret_sealed from identity_provider"
                + " where name = ?",
            provider)
        .orElseThrow(
            () -> new StoreException("identity provider " + provider + " is not configured"));
  }

  private Optional<String> read(String provider, ResultSet row) throws SQLException {
    String kind = row.getString("secret_kind");
    return switch (kind) {
      case "none", "key" -> Optional.empty();
      case "sealed" ->
          Optional.of(
              new String(
                  sealer.open(row.getBytes("secret_sealed"), context(provider)),
                  StandardCharsets.UTF_8));
      case "file" -> Optional.of(file(provider, row.getString("secret_location")));
      case "environment" -> Optional.of(variable(provider, row.getString("secret_location")));
      default -> throw new StoreException("unknown kind of client secret: " + kind);
    };
  }

  private String variable(String provider, String name) {
    String value = environment.get(name);
    if (value == null || value.isBlank()) {
      throw new StoreException(
          "client secret of "
              + provider
              + " is not set (expected: in environment variable "
              + name
              + " of the broker)");
    }
    return value.strip();
  }

  private static String file(String provider, String path) {
    try {
      if (Files.size(Path.of(path)) > SECRET_BYTES_MAX) {
        throw new IOException("larger than " + SECRET_BYTES_MAX + " bytes");
      }
      String value = Files.readString(Path.of(path)).strip();
      if (value.isEmpty()) {
        throw new IOException("empty");
      }
      return value;
    } catch (IOException e) {
      throw new StoreException(
          "client secret of " + provider + " cannot be read from " + path + ": " + e.getMessage());
    }
  }

  static String context(String provider) {
    return "identity provider client secret " + provider;
  }
}

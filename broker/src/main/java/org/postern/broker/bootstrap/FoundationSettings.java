package org.postern.broker.bootstrap;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What the operator says about the ground the broker stands on.
 *
 * @param dataDir the broker's own folder, mode 0700
 * @param programsDir where the embedded database's programs are unpacked
 * @param databaseUrl a JDBC URL without a password; empty: the embedded database
 * @param databaseUser empty: as the URL says
 * @param trustDomain of a new deployment; an existing one keeps its own, and another word is an
 *     error
 * @param patience how long the database may take until it answers
 * @param environment of the process: {@code POSTERN_SEALING_KEY}, {@code
 *     POSTERN_DATABASE_PASSWORD}, or each with {@code _FILE} and a path
 */
public record FoundationSettings(
    Path dataDir,
    Path programsDir,
    Optional<String> databaseUrl,
    Optional<String> databaseUser,
    Optional<String> trustDomain,
    String trustDomainDefault,
    Duration patience,
    Map<String, String> environment) {

  /** Copies the environment. */
  public FoundationSettings {
    environment = Map.copyOf(environment);
  }

  /** A secret out of the environment, or out of the file that {@code variable_FILE} names. */
  public Optional<String> secret(String variable) throws StartException {
    return Secrets.fromEnvironment(environment, variable);
  }

  /** Environment values are secrets. */
  @Override
  public String toString() {
    return "FoundationSettings[dataDir=" + dataDir + "]";
  }
}

package org.postern.broker.bootstrap;

import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.MigrationVersion;

/**
 * Brings a database's schema up to what this broker knows. Brokers that start at once take turns.
 */
final class Schema {
  private Schema() {}

  /**
   * Migrates.
   *
   * @throws StartException when the schema is newer than this broker, or was changed by hand
   */
  static void migrate(DatabaseAddress database) throws StartException {
    Flyway flyway =
        Flyway.configure(Schema.class.getClassLoader())
            .dataSource(database.url(), database.user(), database.password())
            .locations("classpath:db/migration")
            .validateMigrationNaming(true)
            .failOnMissingLocations(true)
            .load();
    try {
      refuseNewer(flyway.info().all());
      flyway.migrate();
    } catch (FlywayException e) {
      throw new StartException(
          "the database's schema cannot be brought up to date: %s".formatted(e.getMessage()), e);
    }
  }

  private static void refuseNewer(MigrationInfo[] all) throws StartException {
    List<MigrationInfo> newer =
        Arrays.stream(all)
            .filter(each ->
                each.getState() == MigrationState.FUTURE_SUCCESS
                    || each.getState() == MigrationState.FUTURE_FAILED)
            .toList();
    if (!newer.isEmpty()) {
      throw new StartException(
          ("the database's schema is at version %s, written by a newer broker; this one knows"
                  + " versions up to %s. Start the newer broker, or restore the backup that was"
                  + " made before the upgrade")
              .formatted(version(newer.getLast()), newestKnown(all)));
    }
  }

  private static String newestKnown(MigrationInfo[] all) {
    return Arrays.stream(all)
        .filter(each -> each.getState() != MigrationState.FUTURE_SUCCESS)
        .filter(each -> each.getState() != MigrationState.FUTURE_FAILED)
        .reduce((older, newer) -> newer)
        .map(Schema::version)
        .orElse("none");
  }

  private static String version(MigrationInfo info) {
    MigrationVersion version = info.getVersion();
    return version == null ? info.getDescription() : version.getVersion();
  }
}

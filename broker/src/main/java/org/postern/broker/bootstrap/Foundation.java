package org.postern.broker.bootstrap;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.SealingKey;
import org.postern.policystore.jdbc.AdminTokens;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands before a door opens: the locked data directory, a database that answers with the
 * schema this broker knows, the sealing key, the certificate authority, and an admin token for
 * whoever started it first. {@link #lay} and {@link #close} block.
 */
public final class Foundation implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Foundation.class);
  private static final int POOL_SIZE = 16;
  private static final Duration POOL_PATIENCE = Duration.ofSeconds(5);
  private static final Duration RETRY = Duration.ofMillis(500);

  private final DataDirectory directory;
  private final String brokerId;
  private final @Nullable PostgresServer embedded;
  private final HikariDataSource dataSource;
  private final SealingKey sealingKey;
  private final CertificateAuthority authority;

  private Foundation(Ground ground, SealingKey sealingKey, CertificateAuthority authority)
      throws StartException {
    this.directory = ground.directory;
    this.brokerId = ground.directory.brokerId();
    this.embedded = ground.embedded;
    this.dataSource = ground.pool;
    this.sealingKey = sealingKey;
    this.authority = authority;
  }

  /** What must be taken down again when a later step fails. */
  private record Ground(
      DataDirectory directory, @Nullable PostgresServer embedded, HikariDataSource pool) {}

  /**
   * Lays it, or says why not and leaves nothing running.
   *
   * @throws StartException for everything that the operator can mend
   */
  public static Foundation lay(FoundationSettings settings, InstantSource clock)
      throws StartException {
    DataDirectory directory = DataDirectory.lock(settings.dataDir());
    PostgresServer embedded = null;
    HikariDataSource pool = null;
    try {
      if (settings.databaseUrl().isEmpty()) {
        embedded =
            PostgresServer.start(
                directory.path().resolve("postgres"), settings.programsDir(), settings.patience());
      }
      DatabaseAddress address = embedded != null ? embedded.address() : external(settings);
      if (embedded == null) {
        awaitAnswer(address, settings.patience());
      }
      Schema.migrate(address);
      pool = pool(address);
      Secrets secrets = new Secrets(settings, directory.path());
      SealingKey sealingKey = secrets.sealingKey();
      CertificateAuthority authority = secrets.authority(pool, sealingKey, clock);
      Foundation foundation =
          new Foundation(new Ground(directory, embedded, pool), sealingKey, authority);
      foundation.firstAdminToken(clock);
      return foundation;
    } catch (StartException | RuntimeException | Error e) {
      takeDown(directory, embedded, pool);
      throw e;
    }
  }

  private static DatabaseAddress external(FoundationSettings settings) throws StartException {
    String url = settings.databaseUrl().orElseThrow();
    if (!url.startsWith("jdbc:postgresql:") || url.contains("password=")) {
      throw new StartException(
          "--database-url must be jdbc:postgresql://HOST[:PORT]/NAME without a password; the"
              + " password goes into POSTERN_DATABASE_PASSWORD or a file that"
              + " POSTERN_DATABASE_PASSWORD_FILE names");
    }
    String password =
        Secrets.fromEnvironment(settings.environment(), "POSTERN_DATABASE_PASSWORD").orElse("");
    return new DatabaseAddress(url, settings.databaseUser().orElse(""), password);
  }

  private static void awaitAnswer(DatabaseAddress address, Duration patience)
      throws StartException {
    CountDownLatch never = new CountDownLatch(1);
    SQLException last = null;
    for (long i = 0; i <= patience.dividedBy(RETRY); i++) {
      try (var connection = address.connect()) {
        if (connection.isValid(1)) {
          return;
        }
      } catch (SQLException e) {
        last = e;
        if (!isAway(e)) {
          break;
        }
      }
      try {
        if (never.await(RETRY.toMillis(), TimeUnit.MILLISECONDS)) {
          break;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new StartException(
        "the database at %s does not let us in: %s; check --database-url, the user and the password"
            .formatted(address, last == null ? "no answer" : last.getMessage()));
  }

  /** Connection exceptions (class 08) and "starting up" (57P03) go away by waiting. */
  private static boolean isAway(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("08") || state.equals("57P03");
  }

  private static HikariDataSource pool(DatabaseAddress address) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(address.url());
    if (!address.user().isEmpty()) {
      config.setUsername(address.user());
    }
    if (!address.password().isEmpty()) {
      config.setPassword(address.password());
    }
    config.setPoolName("postern");
    config.setMaximumPoolSize(POOL_SIZE);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(POOL_PATIENCE.toMillis());
    config.setInitializationFailTimeout(POOL_PATIENCE.toMillis());
    config.addDataSourceProperty("ApplicationName", "postern-broker");
    config.addDataSourceProperty("tcpKeepAlive", "true");
    config.addDataSourceProperty("connectTimeout", "5");
    config.addDataSourceProperty("socketTimeout", "30");
    // A large change writes tens of thousands of rows: many to a statement, not one.
    config.addDataSourceProperty("reWriteBatchedInserts", "true");
    return new HikariDataSource(config);
  }

  private void firstAdminToken(InstantSource clock) throws StartException {
    AdminTokens tokens = new AdminTokens(dataSource, new SecureRandom(), clock);
    Optional<AdminTokens.Created> created = tokens.createFirst("first start");
    if (created.isPresent()) {
      writeAdminToken(created.get());
    }
  }

  /** Makes one more admin token and writes it over the file of the first, for whoever lost it. */
  public void newAdminToken(InstantSource clock) throws StartException {
    AdminTokens tokens = new AdminTokens(dataSource, new SecureRandom(), clock);
    writeAdminToken(tokens.create("made on the broker's host", null));
  }

  private void writeAdminToken(AdminTokens.Created created) throws StartException {
    Path file = adminTokenFile();
    try {
      DataDirectory.writePrivate(file, created.secret() + "\n");
      LOG.info("admin token {} is in {}", created.id(), file);
    } catch (IOException e) {
      throw new StartException(
          "cannot write the admin token to %s: %s; mend that and start with --new-admin-token"
              .formatted(file, e.getMessage()),
          e);
    }
  }

  /** Where the first admin token was written. */
  public Path adminTokenFile() {
    return directory.path().resolve("admin.token");
  }

  /** A folder with mode 0700 for the sockets of this process, empty at the start. */
  public Path runFolder() throws StartException {
    Path run = directory.path().resolve("run");
    try {
      if (Files.exists(run)) {
        PostgresBinaries.delete(run);
      }
      return Files.createDirectory(
          run,
          java.nio.file.attribute.PosixFilePermissions.asFileAttribute(
              java.nio.file.attribute.PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new StartException("cannot make the folder " + run + ": " + e.getMessage(), e);
    }
  }

  /** The database. */
  public DataSource dataSource() {
    return dataSource;
  }

  /** This broker's id, the same after every start. */
  public String brokerId() {
    return brokerId;
  }

  /** The certificate authority. */
  public CertificateAuthority authority() {
    return authority;
  }

  /** Seals what must not be readable in the database. */
  public SealingKey sealingKey() {
    return sealingKey;
  }

  /** Takes it down, the embedded database last. */
  @Override
  public void close() {
    takeDown(directory, embedded, dataSource);
  }

  private static void takeDown(
      DataDirectory directory, @Nullable PostgresServer embedded, @Nullable HikariDataSource pool) {
    if (pool != null) {
      pool.close();
    }
    if (embedded != null) {
      embedded.close();
    }
    try {
      directory.close();
    } catch (IOException e) {
      LOG.warn("cannot unlock {}", directory.path(), e);
    }
  }
}

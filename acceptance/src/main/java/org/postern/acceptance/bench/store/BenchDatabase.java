package org.postern.acceptance.bench.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import javax.sql.DataSource;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.jdbc.Devices;
import org.postern.policystore.jdbc.Sessions;

/** A few connections to a broker's database. Any thread; blocks. */
public final class BenchDatabase implements AutoCloseable {
  private static final int CONNECTIONS = 4;
  private static final int PORT_LINE = 3;
  private static final int KEY_BYTES = 32;
  private static final Duration SIGNED_IN = Duration.ofDays(1);

  private final SecureRandom random = new SecureRandom();
  private final HikariDataSource source;

  private BenchDatabase(String url, String password) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername("postern");
    config.setPassword(password);
    config.setMaximumPoolSize(CONNECTIONS);
    this.source = new HikariDataSource(config);
  }

  /** That of a running broker, which it keeps in its data directory. */
  public static BenchDatabase embedded(Path dataDirectory) throws IOException {
    Path folder = dataDirectory.resolve("postgres");
    String port = Files.readAllLines(folder.resolve("data/postmaster.pid")).get(PORT_LINE);
    return new BenchDatabase(
        "jdbc:postgresql://127.0.0.1:" + port.strip() + "/postgres",
        Files.readString(folder.resolve("password")).strip());
  }

  /** A database by its address. */
  public static BenchDatabase at(String url, String password) {
    return new BenchDatabase(url, password);
  }

  /** For repositories. */
  public DataSource source() {
    return source;
  }

  /**
   * Gives a user a device on which they signed in a moment ago.
   *
   * @return the device's id
   */
  public String signedInDevice(String userId, String provider) {
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    InstantSource clock = InstantSource.system();
    Devices.Registration registration =
        new Devices(source, random, clock, PolicyLimits.DEFAULT.devicesPerUser())
            .register(userId, "bench", "linux", HexFormat.of().formatHex(key));
    if (!(registration instanceof Devices.Registration.Registered registered)) {
      throw new IllegalStateException("no device for " + userId + ": " + registration);
    }
    String device = registered.device().id();
    new Sessions(source, random, clock)
        .start(userId, device, provider, Instant.now().plus(SIGNED_IN));
    return device;
  }

  @Override
  public void close() {
    source.close();
  }
}

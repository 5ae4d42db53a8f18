package org.postern.broker.country;

import com.maxmind.db.DatabaseRecord;
import com.maxmind.db.InvalidDatabaseException;
import com.maxmind.db.InvalidNetworkException;
import com.maxmind.db.Networks;
import com.maxmind.db.Reader;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file in the MaxMind DB format (GeoLite2, GeoIP2, DB-IP, ipinfo: countries or cities), held in
 * memory. {@link #of} never blocks and is for any thread; {@link #reload} reads the file and is for
 * one thread at a time.
 */
public final class CountryFile {
  /** The largest file that is read, in bytes: those of cities have about 120 MB. */
  static final long BYTES_MAX = 1L << 30;

  /** So many networks are looked at for one with a country, before the file is refused. */
  private static final int NETWORKS_TRIED = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(CountryFile.class);
  private static final int IPV4 = 4;

  private final Path file;
  private volatile Reader reader;
  private Stamp tried;

  /** What of a file changes when it is replaced. */
  private record Stamp(long size, FileTime modified, @Nullable Object key) {
    static Stamp of(Path file) throws IOException {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(now.size(), now.lastModifiedTime(), now.fileKey());
    }
  }

  private CountryFile(Path file, Stamp tried, Reader reader) {
    this.file = file;
    this.tried = tried;
    this.reader = reader;
  }

  /**
   * Reads a file.
   *
   * @throws IOException if it cannot be read, or holds no countries; the message says what was
   *     expected
   */
  public static CountryFile open(Path file) throws IOException {
    Stamp stamp = Stamp.of(file);
    return new CountryFile(file, stamp, read(file, stamp));
  }

  private static Reader read(Path file, Stamp stamp) throws IOException {
    if (stamp.size() > BYTES_MAX) {
      throw new IOException(
          "it has %d bytes (expected: at most %d)".formatted(stamp.size(), BYTES_MAX));
    }
    Reader read;
    try {
      read = new Reader(file.toFile(), Reader.FileMode.MEMORY);
    } catch (InvalidDatabaseException | IllegalArgumentException e) {
      throw new IOException("it is no MaxMind DB file (" + e.getMessage() + ")", e);
    }
    if (!holdsCountries(read)) {
      throw new IOException(
          "it holds no countries, its type is %s (expected: a database of countries or cities)"
              .formatted(read.getMetadata().databaseType()));
    }
    return read;
  }

  @SuppressWarnings("rawtypes")
  private static boolean holdsCountries(Reader reader) throws IOException {
    try {
      Networks<Map> networks = reader.networks(Map.class);
      for (int i = 0; i < NETWORKS_TRIED && networks.hasNext(); i++) {
        DatabaseRecord<Map> record = networks.next();
        if (code(record.data()).isPresent()) {
          return true;
        }
      }
      return false;
    } catch (InvalidNetworkException | RuntimeException e) {
      throw new IOException("its records cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** The country of an address, ISO 3166 alpha-2 in upper case; empty: the file does not say. */
  public Optional<String> of(InetAddress address) {
    Reader current = reader;
    if (address instanceof Inet6Address && current.getMetadata().ipVersion() == IPV4) {
      return Optional.empty();
    }
    try {
      return code(current.get(address, Map.class));
    } catch (IOException | RuntimeException e) {
      // A fact that cannot be had is a missing fact, which never adds access.
      LOG.warn("the country file {} has no readable record for an address", file, e);
      return Optional.empty();
    }
  }

  /** MaxMind and DB-IP: {@code country.iso_code}; ipinfo: {@code country} or a code beside it. */
  private static Optional<String> code(@Nullable Map<?, ?> record) {
    if (record == null) {
      return Optional.empty();
    }
    Object country = record.get("country");
    Object code =
        country instanceof Map<?, ?> details
            ? details.get("iso_code")
            : record.containsKey("country_code") ? record.get("country_code") : country;
    return code instanceof String text && text.matches("[A-Z]{2}")
        ? Optional.of(text)
        : Optional.empty();
  }

  /**
   * Reads the file again if it is another one than before. A file that is no good is logged once,
   * and the old one stays in use.
   *
   * @return whether another file is in use now
   */
  public boolean reload() {
    try {
      Stamp now = Stamp.of(file);
      if (now.equals(tried)) {
        return false;
      }
      tried = now;
      reader = read(file, now);
      LOG.info("the country file {} was read again", file);
      return true;
    } catch (IOException e) {
      LOG.warn(
          "the country file {} cannot be used: {}. What was read before stays in use",
          file,
          e.getMessage());
      return false;
    }
  }
}

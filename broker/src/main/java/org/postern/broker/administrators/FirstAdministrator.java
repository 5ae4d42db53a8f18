package org.postern.broker.administrators;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.postern.policystore.jdbc.Administrators;

/**
 * The one-time code of a deployment that has no administrator yet: made at every start until there
 * is one, in a file that only the broker's user reads. Blocking.
 */
public final class FirstAdministrator {
  private final Administrators accounts;
  private final Path file;
  private final Duration age;
  private final SecureRandom random;
  private final InstantSource clock;

  /**
   * For one broker.
   *
   * @param dataDir where the file is written
   * @param age how long a code can be used
   */
  public FirstAdministrator(
      Administrators accounts,
      Path dataDir,
      Duration age,
      SecureRandom random,
      InstantSource clock) {
    this.accounts = accounts;
    this.file = dataDir.resolve("first-administrator.code");
    this.age = age;
    this.random = random;
    this.clock = clock;
  }

  /** A code that can be used now. */
  public record Code(String text, Path file, Instant expiresAt) {
    /** Without the code. */
    @Override
    public String toString() {
      return "Code[" + file + "]";
    }
  }

  /**
   * Makes a code if there is no administrator; else removes the file of an old one.
   *
   * @param brokerId its earlier code is void, those of other brokers are not
   * @throws IOException when the file cannot be written
   */
  public Optional<Code> offer(String brokerId) throws IOException {
    String text = OneTimeTexts.oneTimeCode(random);
    Instant expires = clock.instant().plus(age);
    Optional<String> made =
        accounts.createCode(
            new Administrators.CodeOrder(
                Administrators.CodeKind.FIRST, "", Administrators.OWNER, null, brokerId, expires),
            text);
    if (made.isEmpty()) {
      Files.deleteIfExists(file);
      return Optional.empty();
    }
    write(text);
    return Optional.of(new Code(text, file, expires));
  }

  /** There is an administrator: the file is of no use any more. */
  public void done() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // What it holds is void already; it goes at the next start.
      file.toFile().deleteOnExit();
    }
  }

  private void write(String text) throws IOException {
    Path temporary =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            "." + file.getFileName(),
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(temporary, (text + "\n").getBytes(StandardCharsets.UTF_8));
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}

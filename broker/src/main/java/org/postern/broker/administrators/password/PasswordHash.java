package org.postern.broker.administrators.password;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * Argon2id (RFC 9106), written as {@code $argon2id$v=19$m=47104,t=2,p=1$SALT$HASH}. A hash takes
 * {@link #MEMORY_KIB} of memory and about a tenth of a second, so callers bound how many are
 * computed at once. Safe on any thread.
 */
public final class PasswordHash {
  /** Memory of one computation, KiB: the larger of the memory sizes that OWASP names. */
  public static final int MEMORY_KIB = 47_104;

  /** Passes over the memory: one more than goes with that size. */
  public static final int PASSES = 2;

  private static final int LANES = 1;
  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;

  /** Nothing that was ever stored asks for more; a row that does was not written by us. */
  private static final int MEMORY_KIB_MAX = 1 << 18;

  private static final int PASSES_MAX = 16;
  private static final Pattern TEXT =
      Pattern.compile(
          "\\$argon2id\\$v=19\\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=1"
              + "\\$([A-Za-z0-9+/]{22})\\$([A-Za-z0-9+/]{43})");

  private PasswordHash() {}

  /** Hashes a password with today's parameters and a salt of its own. */
  public static String of(String password, SecureRandom random) {
    return of(password, random, MEMORY_KIB, PASSES);
  }

  static String of(String password, SecureRandom random, int memoryKib, int passes) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
    return "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"
        .formatted(
            memoryKib,
            passes,
            LANES,
            base64.encodeToString(salt),
            base64.encodeToString(compute(password, salt, memoryKib, passes)));
  }

  /** Whether this is the password. Compares in constant time. */
  public static boolean matches(String password, String stored) {
    Matcher matcher = TEXT.matcher(stored);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("stored password is no Argon2id hash of ours");
    }
    int memory = Integer.parseInt(matcher.group(1));
    int passes = Integer.parseInt(matcher.group(2));
    if (memory < 8 || memory > MEMORY_KIB_MAX || passes < 1 || passes > PASSES_MAX) {
      throw new IllegalArgumentException("stored password has parameters out of range");
    }
    byte[] salt = Base64.getDecoder().decode(matcher.group(3));
    byte[] hash = Base64.getDecoder().decode(matcher.group(4));
    return MessageDigest.isEqual(hash, compute(password, salt, memory, passes));
  }

  /** Whether it was made with other parameters than today's; hash it anew at the next sign-in. */
  public static boolean isOutdated(String stored) {
    return !stored.startsWith(
        "$argon2id$v=19$m=%d,t=%d,p=%d$".formatted(MEMORY_KIB, PASSES, LANES));
  }

  private static byte[] compute(String password, byte[] salt, int memoryKib, int passes) {
    Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
    argon2.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(memoryKib)
            .withIterations(passes)
            .withParallelism(LANES)
            .withSalt(salt)
            .build());
    byte[] hash = new byte[HASH_BYTES];
    argon2.generateBytes(password.getBytes(StandardCharsets.UTF_8), hash);
    return hash;
  }
}

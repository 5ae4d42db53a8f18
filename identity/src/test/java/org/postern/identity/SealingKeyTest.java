package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealingKeyTest {
  private static final byte[] SECRET = "the plain text".getBytes(StandardCharsets.UTF_8);

  @TempDir Path dir;

  @Test
  void generatedKeyFileIsPrivateAndReadsBackAsTheSameKey() throws Exception {
    Path file = dir.resolve("data/sealing.key");
    SealingKey first = SealingKey.loadOrCreate(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(SealingKey.loadOrCreate(file).id()).isEqualTo(first.id());
    assertThat(SealingKey.fromFile(file).open("p", first.seal("p", SECRET))).isEqualTo(SECRET);
    try (var files = Files.list(dir.resolve("data"))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void keyFileThatOthersCanReadIsRefused() throws Exception {
    Path file = dir.resolve("key");
    SealingKey.loadOrCreate(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(() -> SealingKey.fromFile(file))
        .isInstanceOf(IdentityException.class)
        .hasMessageContaining("chmod 600");
  }

  @Test
  void environmentVariableThatIsNoKeyIsRefusedWithoutTellingIt() {
    assertThatThrownBy(() -> SealingKey.fromEnvironment(Map.of(), "POSTERN_SEALING_KEY"))
        .hasMessageContaining("POSTERN_SEALING_KEY")
        .hasMessageContaining("openssl rand");
    assertThatThrownBy(() -> SealingKey.fromEnvironment(Map.of("K", "hunter2!"), "K"))
        .hasMessageContaining("base64")
        .hasNoCause()
        .message()
        .doesNotContain("hunter2");
    assertThatThrownBy(() -> SealingKey.fromEnvironment(Map.of("K", "c2hvcnQ="), "K"))
        .hasMessageContaining("5 bytes");
  }

  @Test
  void wrongKeyWrongPurposeAndEveryChangedByteAreRefused() throws Exception {
    SealingKey key = SealingKey.loadOrCreate(dir.resolve("a"));
    SealingKey other = SealingKey.loadOrCreate(dir.resolve("b"));
    byte[] sealed = key.seal("purpose", SECRET);

    assertThatThrownBy(() -> other.open("purpose", sealed))
        .isInstanceOf(IdentityException.class)
        .hasMessageContaining(key.id())
        .hasMessageContaining(other.id());
    assertThatThrownBy(() -> key.open("other purpose", sealed))
        .hasMessageContaining("another purpose");
    for (int i = 0; i < sealed.length; i++) {
      byte[] changed = sealed.clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> key.open("purpose", changed)).isInstanceOf(IdentityException.class);
    }
    for (int length = 0; length < sealed.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(sealed, length);
      assertThatThrownBy(() -> key.open("purpose", cut)).isInstanceOf(IdentityException.class);
    }
  }

  @Test
  void sealingTwiceGivesDifferentBytesThatHideTheSecret() throws Exception {
    SealingKey key = SealingKey.loadOrCreate(dir.resolve("a"));
    byte[] one = key.seal("p", SECRET);
    assertThat(one).isNotEqualTo(key.seal("p", SECRET));
    assertThat(new String(one, StandardCharsets.ISO_8859_1)).doesNotContain("plain");
    assertThat(key.toString()).contains("redacted");
  }
}

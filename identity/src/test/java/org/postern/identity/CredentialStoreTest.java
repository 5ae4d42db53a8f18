package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.SpiffeId.ClientId;
import org.postern.identity.SpiffeId.ConnectorId;

class CredentialStoreTest {
  private static final TrustDomain DOMAIN = new TrustDomain("corp.example");

  private final TestClock clock = new TestClock();
  private final CertificateAuthority ca = CertificateAuthority.create(DOMAIN, clock);

  @TempDir Path temp;

  private Credential credential(Duration validity) {
    return ca.issueOwn(new ClientId(DOMAIN, "alice", "laptop"), validity);
  }

  private static String mode(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void storedCredentialLoadsAndItsFilesAreForTheOwnerOnly() throws Exception {
    Path dir = temp.resolve("state");
    CredentialStore store = new CredentialStore(dir);
    assertThat(store.load()).isEmpty();
    Credential first = credential(Duration.ofHours(24));
    store.save(first, ca.trust());

    assertThat(mode(dir)).isEqualTo("rwx------");
    assertThat(mode(dir.resolve("identity.pem"))).isEqualTo("rw-------");
    assertThat(mode(dir.resolve("ca.pem"))).isEqualTo("rw-------");
    CredentialStore.Stored loaded = store.load().orElseThrow();
    assertThat(loaded.credential().id()).isEqualTo(first.id());
    assertThat(loaded.credential().fingerprint()).isEqualTo(first.fingerprint());
    assertThat(loaded.trust().pem()).isEqualTo(ca.trust().pem());

    Credential second = credential(Duration.ofHours(24));
    store.save(second, ca.trust());
    assertThat(store.load().orElseThrow().credential().fingerprint())
        .isEqualTo(second.fingerprint());
    try (var files = Files.list(dir)) {
      assertThat(files).as("no temporary file is left").hasSize(2);
    }
    store.delete();
    assertThat(store.load()).isEmpty();
  }

  @Test
  void damagedOrOpenFilesAreRefusedWithTheWayOut() throws Exception {
    CredentialStore store = new CredentialStore(temp);
    store.save(credential(Duration.ofHours(24)), ca.trust());
    Path file = temp.resolve("identity.pem");
    String good = Files.readString(file);

    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(store::load).hasMessageContaining("chmod 600");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

    Files.writeString(file, good.substring(0, good.length() / 2));
    assertThatThrownBy(store::load).isInstanceOf(IdentityException.class);
    Files.writeString(file, "");
    assertThatThrownBy(store::load).hasMessageContaining("enroll again");
    Files.writeString(file, good.substring(good.indexOf("-----BEGIN CERT")));
    assertThatThrownBy(store::load).hasMessageContaining("lacks its private key");
    String otherKey = Pem.write(Pem.PRIVATE_KEY, IdentityKey.generate().privateKey().getEncoded());
    Files.writeString(file, otherKey + good.substring(good.indexOf("-----BEGIN CERT")));
    assertThatThrownBy(store::load).hasMessageContaining("not for the private key");
    Files.writeString(file, good);
    assertThat(store.load()).isPresent();
    Files.delete(temp.resolve("ca.pem"));
    assertThatThrownBy(store::load).hasMessageContaining("no root");
  }

  @Test
  void renewalIsDueFromHalfLifeSpreadOverATenth() {
    Duration day = Duration.ofHours(24);
    Set<Long> moments = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      Credential credential = credential(day);
      Duration age = Duration.between(credential.notBefore(), credential.renewAt());
      Duration life = Duration.between(credential.notBefore(), credential.notAfter());
      assertThat(age.toMillis()).isBetween(life.toMillis() / 2, (long) (life.toMillis() * 0.6) + 1);
      assertThat(credential.needsRenewal(credential.renewAt().minusMillis(1))).isFalse();
      assertThat(credential.needsRenewal(credential.renewAt())).isTrue();
      moments.add(age.toMillis());
    }
    assertThat(moments).hasSizeGreaterThan(10);
    Credential credential = credential(day);
    assertThat(credential.isExpired(credential.notAfter())).isFalse();
    assertThat(credential.isExpired(credential.notAfter().plusSeconds(1))).isTrue();
    assertThat(credential.toString()).contains("redacted");
  }

  @Test
  void chainForAnotherKeyIsRefused() throws Exception {
    IdentityKey mine = IdentityKey.generate();
    IssuedChain theirs =
        ca.issue(
            IdentityKey.generate().csr(),
            new ConnectorId(DOMAIN, "vpc-a", "1"),
            Duration.ofDays(7));
    assertThatThrownBy(() -> Credential.of(mine, theirs))
        .isInstanceOf(IdentityException.class)
        .hasMessageContaining("not for the private key");
  }
}

package org.postern.clientconnector.signin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.Credential;
import org.postern.identity.CredentialStore;
import org.postern.identity.IdentityKey;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustDomain;

/** Which key a device signs in with. */
final class DeviceKeyTest {
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
  private static final TrustDomain DOMAIN = new TrustDomain("test.internal");

  private final CertificateAuthority ours = CertificateAuthority.create(DOMAIN, () -> NOW);

  private CredentialStore.Stored enrolled(IdentityKey key) throws Exception {
    SpiffeId id = new SpiffeId.ClientId(DOMAIN, "u-1", "d-1");
    Credential credential = Credential.of(key, ours.issue(key.csr(), id, Duration.ofHours(1)));
    return new CredentialStore.Stored(credential, ours.trust());
  }

  private static String fingerprint(IdentityKey key) throws Exception {
    return CertificateAuthority.provenKeyFingerprint(key.csr());
  }

  @Test
  void keyOfTheLastSignInIsUsedAgain() throws Exception {
    IdentityKey key = IdentityKey.generate();
    IdentityKey again = DeviceSignIn.key(Optional.of(enrolled(key)), ours.trust());
    assertThat(fingerprint(again)).isEqualTo(fingerprint(key));
  }

  @Test
  void anotherDeploymentIsShownAnotherKey() throws Exception {
    IdentityKey key = IdentityKey.generate();
    CertificateAuthority other = CertificateAuthority.create(DOMAIN, () -> NOW);
    IdentityKey there = DeviceSignIn.key(Optional.of(enrolled(key)), other.trust());
    assertThat(fingerprint(there)).isNotEqualTo(fingerprint(key));
  }

  @Test
  void firstSignInMakesAKey() throws Exception {
    assertThat(fingerprint(DeviceSignIn.key(Optional.empty(), ours.trust())))
        .isNotEqualTo(fingerprint(DeviceSignIn.key(Optional.empty(), ours.trust())));
  }
}

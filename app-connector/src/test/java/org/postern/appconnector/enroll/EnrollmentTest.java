package org.postern.appconnector.enroll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.enroll.EnrollmentException.Kind;

final class EnrollmentTest {
  private final TestDeployment deployment = new TestDeployment();

  private static ProvisioningKey key(String text) throws IOException {
    return ProvisioningKey.read(
        Path.of("-"), new ByteArrayInputStream((text + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  private static Enrolled enroll(FakeDoor door, BrokerTrust trust, String key)
      throws EnrollmentException, IOException {
    return new Enrollment(
            new Enrollment.Request(
                door.uri(), trust, Optional.empty(), "c", "host.test", "linux-x86_64"))
        .enroll(key(key));
  }

  private FakeDoor door() throws InterruptedException {
    return new FakeDoor(deployment.doorTls(), deployment::answer);
  }

  @Test
  void rightKeyBecomesACredentialOfItsGroup() throws Exception {
    try (FakeDoor door = door()) {
      String spoken =
          deployment.fingerprint().toUpperCase(Locale.ROOT).replaceAll("..(?!$)", "$0:");
      Enrolled enrolled = enroll(door, new BrokerTrust.Fingerprint(spoken), TestDeployment.KEY);
      assertThat(enrolled.credential().id().toString())
          .isEqualTo("spiffe://corp.test/connector/vpc-a/c1");
      assertThat(enrolled.tunnelHost()).isEqualTo("tunnel.test");
      assertThat(enrolled.tunnelPort()).isEqualTo(8443);
      assertThat(enrolled.trust().rootFingerprints()).containsExactly(deployment.fingerprint());
    }
  }

  @Test
  void keyIsInTheBodyOnly() throws Exception {
    try (FakeDoor door = door()) {
      enroll(door, new BrokerTrust.Fingerprint(deployment.fingerprint()), TestDeployment.KEY);
      for (String request : door.requests()) {
        assertThat(request.substring(0, request.indexOf("\r\n\r\n")))
            .doesNotContain(TestDeployment.KEY);
      }
      assertThat(key(TestDeployment.KEY).toString()).doesNotContain(TestDeployment.KEY);
    }
  }

  @Test
  void caFileWorksInPlaceOfAFingerprint(@TempDir Path folder) throws Exception {
    Path ca = folder.resolve("ca.pem");
    Files.writeString(ca, deployment.authority().trust().pem());
    try (FakeDoor door = door()) {
      assertThat(enroll(door, new BrokerTrust.CaFile(ca), TestDeployment.KEY).tunnelPort())
          .isEqualTo(8443);
    }
  }

  @Test
  void doorOfAnotherDeploymentIsToldNothing() throws Exception {
    TestDeployment stranger = new TestDeployment();
    try (FakeDoor door = new FakeDoor(stranger.doorTls(), stranger::answer)) {
      assertThatThrownBy(() ->
              enroll(
                  door, new BrokerTrust.Fingerprint(deployment.fingerprint()), TestDeployment.KEY))
          .isInstanceOfSatisfying(
              EnrollmentException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
      assertThatThrownBy(() -> enroll(door, new BrokerTrust.Machine(), TestDeployment.KEY))
          .isInstanceOf(EnrollmentException.class);
      assertThat(door.requests()).isEmpty();
    }
  }

  @Test
  void bundleOfAnotherRootIsRefusedBeforeTheKeyIsShown() throws Exception {
    TestDeployment stranger = new TestDeployment();
    try (FakeDoor door = new FakeDoor(deployment.doorTls(), stranger::answer)) {
      assertThatThrownBy(() ->
              enroll(
                  door, new BrokerTrust.Fingerprint(deployment.fingerprint()), TestDeployment.KEY))
          .hasMessageContaining("fingerprint");
      assertThat(door.requests()).hasSize(1);
    }
  }

  @Test
  void refusedKeyNamesWhatToDoAndNotTheKey() throws Exception {
    try (FakeDoor door = door()) {
      assertThatThrownBy(() ->
              enroll(door, new BrokerTrust.Fingerprint(deployment.fingerprint()), "pk_wrong-one"))
          .isInstanceOfSatisfying(
              EnrollmentException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(Kind.REFUSED);
                assertThat(e.getMessage())
                    .contains("provisioning-key")
                    .doesNotContain("pk_wrong-one");
              });
    }
  }

  @Test
  void endlessAnswerIsCutOff() throws Exception {
    String endless = "200\n" + "x".repeat(200_000);
    try (FakeDoor door = new FakeDoor(deployment.doorTls(), (path, body) -> endless)) {
      assertThatThrownBy(() ->
              enroll(door, new BrokerTrust.Fingerprint(deployment.fingerprint()), "pk_any-key"))
          .isInstanceOfSatisfying(
              EnrollmentException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONFUSED));
    }
  }

  @Test
  void emptyKeyFileIsRefused() {
    assertThatThrownBy(() -> key("")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> key("two\nlines")).isInstanceOf(IOException.class);
  }
}

package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.postern.broker.TestTransmitter.CAEP;
import static org.postern.broker.TestTransmitter.RISC;

import com.nimbusds.jwt.JWTClaimsSet;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A transmitter that is polled (RFC 8936), set up on the command line. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SignalPollingTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path folder;
  private SignalBed bed;
  private TestTransmitter transmitter;

  @BeforeAll
  void start() throws Exception {
    bed = new SignalBed(folder.resolve("data"));
    transmitter = bed.transmitter;
    Path secret = Files.writeString(folder.resolve("secret"), "s3cret\n");
    String made =
        admin(
            0,
            "signals",
            "create",
            "polled",
            "--provider",
            "corp",
            "--issuer",
            transmitter.issuer(),
            "--audience",
            TestTransmitter.AUDIENCE,
            "--poll",
            transmitter.issuer() + "/poll",
            "--client",
            "receiver",
            "--token-url",
            transmitter.issuer() + "/token",
            "--secret-file",
            secret.toString(),
            "--stream-id",
            "s-7");
    assertThat(made).isEmpty();
  }

  @AfterAll
  void stop() {
    bed.close();
  }

  private String admin(int expected, String... arguments) {
    List<String> all = new ArrayList<>(List.of("admin"));
    all.addAll(List.of(arguments));
    all.addAll(
        List.of(
            "--url",
            bed.broker.broker.publicUrl().toString(),
            "--data-dir",
            bed.broker.dataDir.toString()));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commands = BrokerMain.commandLine();
    commands.setOut(new PrintWriter(out, true));
    commands.setErr(new PrintWriter(err, true));
    assertThat(commands.execute(all.toArray(String[]::new)))
        .as("%s%s", out, err)
        .isEqualTo(expected);
    return out.toString();
  }

  private void untilTaken() {
    await().atMost(PATIENCE).until(transmitter.waiting::isEmpty);
  }

  @Test
  void eventsAreDoneThenAcknowledgedAndBadOnesRefusedByName() throws Exception {
    SignalBed.SignedIn ann = bed.signIn("ann", "");
    SignalBed.SignedIn ben = bed.signIn("ben", "");
    String done = transmitter.offer(RISC + "sessions-revoked", transmitter.person("ann"), Map.of());
    JWTClaimsSet wrong =
        transmitter
            .claims(CAEP + "session-revoked", transmitter.person("ben"), Map.of())
            .audience("somebody else")
            .build();
    transmitter.waiting.put(wrong.getJWTID(), transmitter.sign(wrong));
    transmitter.waiting.put("not-a-token", "rubbish");
    untilTaken();
    assertThat(bed.isLive(ann)).isFalse();
    assertThat(bed.isLive(ben)).isTrue();
    assertThat(admin(0, "session", "list", "--ended"))
        .contains("ann@example.com", "signal of polled")
        .doesNotContain("ben@example.com");
    assertThat(transmitter.questions)
        .anySatisfy(question -> assertThat(question.path("ack").toString()).contains(done))
        .anySatisfy(question ->
            assertThat(question.path("setErrs").path(wrong.getJWTID()).path("err").asText())
                .isEqualTo("invalid_audience"))
        .anySatisfy(question ->
            assertThat(question.path("setErrs").path("not-a-token").path("err").asText())
                .isEqualTo("invalid_request"));
  }

  @Test
  void transmitterThatFailsIsAskedAgainForLess() throws Exception {
    SignalBed.SignedIn who = bed.signIn("cy", "");
    transmitter.failing.set(2);
    await().atMost(PATIENCE).until(() -> transmitter.failing.get() == 0);
    transmitter.offer(RISC + "sessions-revoked", transmitter.person("cy"), Map.of());
    untilTaken();
    assertThat(bed.isLive(who)).isFalse();
    assertThat(transmitter.questions)
        .anySatisfy(question -> assertThat(question.path("maxEvents").asInt()).isLessThan(64));
    assertThat(admin(0, "signals", "list")).contains("polled");
  }

  @Test
  void tokenThatIsPolledRightAfterARotationIsBelieved() throws Exception {
    SignalBed.SignedIn who = bed.signIn("rosa", "");
    transmitter.offer(CAEP + "token-claims-change", transmitter.person("rosa"), Map.of());
    untilTaken();
    transmitter.rotate("events-2");
    String after =
        transmitter.offer(RISC + "sessions-revoked", transmitter.person("rosa"), Map.of());
    untilTaken();
    assertThat(bed.isLive(who)).isFalse();
    assertThat(transmitter.questions)
        .noneSatisfy(question -> assertThat(question.path("setErrs").has(after)).isTrue());
  }

  @Test
  void accessTokenThatEndsEarlyIsReplaced() throws Exception {
    SignalBed.SignedIn who = bed.signIn("dora", "");
    transmitter.forgetTokens();
    transmitter.offer(RISC + "sessions-revoked", transmitter.person("dora"), Map.of());
    untilTaken();
    assertThat(bed.isLive(who)).isFalse();
  }

  @Test
  void verificationIsAskedForAndSeen() {
    admin(0, "signals", "verify", "polled");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(admin(0, "signals", "test", "polled")).contains("last at"));
    assertThat(transmitter.verifications)
        .anySatisfy(asked -> assertThat(asked.path("stream_id").asText()).isEqualTo("s-7"));
    assertThat(admin(0, "signals", "events", "--stream", "polled")).contains("verified");
  }
}

package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.broker.TestTransmitter.CAEP;
import static org.postern.broker.TestTransmitter.RISC;
import static org.postern.broker.TestTransmitter.SSF;
import static org.postern.broker.TestTransmitter.complex;
import static org.postern.broker.TestTransmitter.opaque;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jwt.JWTClaimsSet;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a transmitter signals about people is done to them, and to nobody else. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SignalsTest {
  @TempDir private static Path folder;
  private SignalBed bed;
  private TestTransmitter transmitter;

  @BeforeAll
  void start() throws Exception {
    bed = new SignalBed(folder.resolve("data"));
    transmitter = bed.transmitter;
    bed.token =
        bed.newStream(SignalBed.STREAM, "corp", ",\"streamId\":\"s-1\"").path("token").asText();
  }

  @AfterAll
  void stop() {
    bed.close();
  }

  private void accepted(String set) throws Exception {
    HttpResponse<String> answer = bed.push(set);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    assertThat(answer.body()).isEmpty();
  }

  private String accepted(String event, Map<String, ?> subject, Map<String, ?> payload)
      throws Exception {
    JWTClaimsSet claims = transmitter.claims(event, subject, payload).build();
    accepted(transmitter.sign(claims));
    return bed.outcome(claims.getJWTID());
  }

  @Test
  void revokedSessionIsTheOneThatEnds() throws Exception {
    SignalBed.SignedIn first = bed.signIn("ann", "sid-1");
    SignalBed.SignedIn second = bed.signIn("ann", "sid-2");
    SignalBed.SignedIn other = bed.signIn("ben", "sid-3");
    String outcome =
        accepted(
            CAEP + "session-revoked",
            complex(Map.of("user", transmitter.person("ann"), "session", opaque("sid-1"))),
            Map.of("event_timestamp", Instant.now().getEpochSecond()));
    assertThat(outcome).isEqualTo("1 session ended");
    assertThat(bed.isLive(first)).isFalse();
    assertThat(bed.isLive(second)).isTrue();
    // The session alone, without a person.
    accepted(CAEP + "session-revoked", complex(Map.of("session", opaque("sid-2"))), Map.of());
    assertThat(bed.isLive(second)).isFalse();
    assertThat(bed.isLive(other)).isTrue();
  }

  @Test
  void tokenThatComesRightAfterARotationIsBelieved() throws Exception {
    SignalBed.SignedIn who = bed.signIn("rosa", "sid-r");
    accepted(SSF + "verification", opaque("s-1"), Map.of());
    transmitter.rotate("events-2");
    accepted(CAEP + "session-revoked", transmitter.person("rosa"), Map.of());
    assertThat(bed.isLive(who)).isFalse();
  }

  @Test
  void pagesOfEventsAreTheWholeListTogether() throws Exception {
    for (int i = 0; i < 5; i++) {
      accepted(CAEP + "session-revoked", transmitter.person("nobody" + i), Map.of());
    }
    List<String> whole = new ArrayList<>();
    bed.items("/admin/v1/signals/events?limit=1000").forEach(each -> whole.add(each.toString()));
    List<String> paged = new ArrayList<>();
    String cursor = "";
    do {
      String path = "/admin/v1/signals/events?limit=2" + cursor;
      JsonNode page = BrokerUnderTest.JSON.readTree(bed.broker.admin("GET", path, "").body());
      page.path("items").forEach(each -> paged.add(each.toString()));
      cursor = page.has("nextCursor") ? "&cursor=" + page.path("nextCursor").asText() : "";
    } while (!cursor.isEmpty());
    assertThat(paged).isEqualTo(whole).hasSizeGreaterThan(4);
  }

  @Test
  void riskLevelIsNotedOfWhoIsMeantAndTheLaterWordHolds() throws Exception {
    SignalBed.SignedIn who = bed.signIn("rita", "");
    long now = Instant.now().getEpochSecond();
    assertThat(risk("rita", "USER", "HIGH", now)).isEqualTo("risk of 1 user is high");
    assertThat(bed.items("/admin/v1/sessions"))
        .anySatisfy(session -> {
          assertThat(session.path("user").asText()).isEqualTo("rita@example.com");
          assertThat(session.path("risk").asText()).isEqualTo("high");
        });
    assertThat(risk("rita", "USER", "LOW", now - 60)).isEqualTo("a later event holds");
    assertThat(risk("rita", "USER", "MEDIUM", now + 1)).isEqualTo("risk of 1 user is medium");
    assertThat(risk("rita", "TENANT", "HIGH", now + 2))
        .isEqualTo("risk of something that is no user and no device");
    assertThat(risk("rita", "USER", "EXTREME", now + 2)).isEqualTo("unknown risk level");
    assertThat(bed.isLive(who)).as("a level is a fact, and ends nothing by itself").isTrue();
    JsonNode listed = bed.items("/admin/v1/risks");
    assertThat(listed).hasSize(1);
    assertThat(listed.get(0).path("level").asText()).isEqualTo("medium");
    assertThat(listed.get(0).path("source").asText()).isEqualTo("signal:" + SignalBed.STREAM);
    assertThat(listed.get(0).path("reason").asText()).isEqualTo("LEAKED_PASSWORD");
  }

  private String risk(String name, String principal, String level, long at) throws Exception {
    return accepted(
        CAEP + "risk-level-change",
        transmitter.person(name),
        Map.of(
            "principal", principal,
            "current_level", level,
            "risk_reason", "LEAKED_PASSWORD",
            "event_timestamp", at));
  }

  @Test
  void allSessionsAreMeantByKeycloaksWordForThem() throws Exception {
    SignalBed.SignedIn who = bed.signIn("quinn", "sid-q");
    accepted(
        CAEP + "session-revoked",
        complex(Map.of("user", transmitter.person("quinn"), "session", opaque("ALL"))),
        Map.of());
    assertThat(bed.isLive(who)).isFalse();
  }

  @Test
  void sessionOfWhichItIsNotKnownWhereItBeganEndsWithItsPerson() throws Exception {
    SignalBed.SignedIn unknown = bed.signIn("cy", "");
    accepted(
        CAEP + "session-revoked",
        complex(Map.of("user", transmitter.person("cy"), "session", opaque("sid-x"))),
        Map.of());
    assertThat(bed.isLive(unknown)).isFalse();
  }

  @Test
  void everySubjectFormatMeansTheSamePerson() throws Exception {
    List<Map<String, ?>> subjects =
        List.of(
            transmitter.person("dora"),
            Map.of("format", "iss_sub", "iss", bed.provider.issuer(), "sub", "dora"),
            Map.of("format", "email", "email", "Dora@Example.com"),
            opaque("dora"),
            complex(Map.of("user", transmitter.person("dora"))),
            Map.of(
                "format",
                "aliases",
                "identifiers",
                List.of(opaque("nobody"), transmitter.person("dora"))),
            Map.of("subject_type", "iss-sub", "iss", transmitter.issuer(), "sub", "dora"));
    SignalBed.SignedIn dora = bed.signIn("dora", "sid-d");
    String expected = "1 session ended";
    for (Map<String, ?> subject : subjects) {
      assertThat(accepted(RISC + "sessions-revoked", subject, Map.of()))
          .as("%s", subject)
          .isEqualTo(expected);
      expected = "0 sessions ended";
    }
    assertThat(bed.isLive(dora)).isFalse();
  }

  @Test
  void subjectOfDraftsInsideOfTheEventIsRead() throws Exception {
    SignalBed.SignedIn who = bed.signIn("ed", "");
    JWTClaimsSet claims =
        transmitter
            .claims(
                CAEP + "session-revoked",
                Map.of(),
                Map.of("subject", Map.of("user", transmitter.person("ed"))))
            .claim("sub_id", null)
            .build();
    accepted(transmitter.sign(claims));
    assertThat(bed.isLive(who)).isFalse();
  }

  @Test
  void whoIsNotMeantByThisProviderIsNotTouched() throws Exception {
    SignalBed.SignedIn who = bed.signIn("finn", "sid-f");
    String other = bed.newStream("other-events", "other", "").path("token").asText();
    JWTClaimsSet claims =
        transmitter.claims(RISC + "account-disabled", transmitter.person("finn"), Map.of()).build();
    assertThat(
            bed.push(
                    "other-events",
                    "Bearer " + other,
                    "application/secevent+jwt",
                    transmitter.sign(claims))
                .statusCode())
        .isEqualTo(202);
    assertThat(bed.outcome(claims.getJWTID())).isEqualTo("nobody here");
    Map<String, String> stranger =
        Map.of("format", "iss_sub", "iss", "https://evil.example", "sub", "finn");
    assertThat(accepted(RISC + "account-disabled", stranger, Map.of())).isEqualTo("nobody here");
    accepted(CAEP + "session-revoked", complex(Map.of("session", opaque("no-such"))), Map.of());
    assertThat(bed.isLive(who)).isTrue();
    assertThat(bed.isShutOut(who)).isFalse();
  }

  @Test
  void disabledAccountIsShutOutUntilItIsEnabledInTheOrderInWhichItHappened() throws Exception {
    SignalBed.SignedIn who = bed.signIn("gus", "");
    long now = Instant.now().getEpochSecond();
    Map<String, String> gus = transmitter.person("gus");
    assertThat(accepted(RISC + "account-disabled", gus, Map.of("event_timestamp", now - 20)))
        .isEqualTo("1 user shut out");
    assertThat(bed.isShutOut(who)).isTrue();
    assertThat(accepted(RISC + "account-enabled", gus, Map.of("event_timestamp", now - 30)))
        .as("it happened before, and came late")
        .isEqualTo("a later event holds");
    assertThat(bed.isShutOut(who)).isTrue();
    accepted(RISC + "account-enabled", gus, Map.of("event_timestamp", now - 10));
    assertThat(bed.isShutOut(who)).isFalse();
    accepted(RISC + "account-purged", gus, Map.of());
    assertThat(bed.isShutOut(who)).isTrue();
    bed.broker.admin("POST", "/admin/v1/users/" + who.user() + "/enable", "");
    assertThat(bed.isShutOut(who)).isFalse();
  }

  @Test
  void tokenThatComesAgainIsAcceptedAndDoesNothing() throws Exception {
    bed.signIn("hal", "");
    String set = transmitter.event(RISC + "sessions-revoked", transmitter.person("hal"), Map.of());
    accepted(set);
    SignalBed.SignedIn again = bed.signIn("hal", "");
    accepted(set);
    assertThat(bed.isLive(again)).isTrue();
  }

  @Test
  void eventThatIsOlderThanASignInLeavesIt() throws Exception {
    SignalBed.SignedIn who = bed.signIn("ida", "");
    long before = Instant.now().minusSeconds(600).getEpochSecond();
    assertThat(
            accepted(
                CAEP + "session-revoked",
                complex(Map.of("user", transmitter.person("ida"))),
                Map.of("event_timestamp", before)))
        .isEqualTo("0 sessions ended");
    assertThat(bed.isLive(who)).isTrue();
  }

  @Test
  void credentialsAndAssuranceEndSessionsOnlyWhenTheyGetWorse() throws Exception {
    SignalBed.SignedIn who = bed.signIn("jo", "");
    Map<String, String> jo = transmitter.person("jo");
    accepted(CAEP + "credential-change", jo, Map.of("change_type", "create"));
    accepted(CAEP + "assurance-level-change", jo, Map.of("change_direction", "increase"));
    assertThat(bed.isLive(who)).isTrue();
    accepted(CAEP + "credential-change", jo, Map.of("change_type", "update"));
    assertThat(bed.isLive(who)).isFalse();
    SignalBed.SignedIn second = bed.signIn("jo", "");
    accepted(CAEP + "assurance-level-change", jo, Map.of("change_direction", "decrease"));
    assertThat(bed.isLive(second)).isFalse();
    SignalBed.SignedIn third = bed.signIn("jo", "");
    accepted(RISC + "account-credential-change-required", jo, Map.of());
    assertThat(bed.isLive(third)).isFalse();
  }

  @Test
  void deviceThatDoesNotComplyIsQuarantinedUntilItDoes() throws Exception {
    SignalBed.SignedIn who = bed.signIn("kim", "");
    SignalBed.SignedIn other = bed.signIn("liv", "");
    Map<String, Object> byId = complex(Map.of("device", opaque(who.device())));
    accepted(CAEP + "device-compliance-change", byId, Map.of("current_status", "not-compliant"));
    assertThat(bed.deviceState(who)).isEqualTo("quarantined");
    accepted(CAEP + "device-compliance-change", byId, Map.of("current_status", "compliant"));
    assertThat(bed.deviceState(who)).isEqualTo("registered");
    Map<String, Object> byName =
        complex(Map.of("user", transmitter.person("kim"), "device", opaque("LAPTOP")));
    accepted(CAEP + "device-compliance-change", byName, Map.of("current_status", "not-compliant"));
    assertThat(bed.deviceState(who)).isEqualTo("quarantined");
    Map<String, Object> notHis =
        complex(Map.of("user", transmitter.person("kim"), "device", opaque(other.device())));
    assertThat(
            accepted(
                CAEP + "device-compliance-change",
                notHis,
                Map.of("current_status", "not-compliant")))
        .isEqualTo("no device of ours");
    bed.broker.admin("POST", "/admin/v1/devices/" + who.device() + "/free", "");
    assertThat(bed.deviceState(who)).isEqualTo("registered");
    assertThat(bed.deviceState(other)).isEqualTo("registered");
  }

  @Test
  void administratorsQuarantineIsNotEndedByASignal() throws Exception {
    SignalBed.SignedIn who = bed.signIn("mia", "");
    bed.broker.admin("POST", "/admin/v1/devices/" + who.device() + "/quarantine", "");
    accepted(
        CAEP + "device-compliance-change",
        complex(Map.of("device", opaque(who.device()))),
        Map.of("current_status", "compliant"));
    assertThat(bed.deviceState(who)).isEqualTo("quarantined");
  }

  @Test
  void unknownEventIsKeptAndChangesNothing() throws Exception {
    SignalBed.SignedIn who = bed.signIn("ned", "");
    assertThat(
            accepted("https://vendor.example/events/volcano", transmitter.person("ned"), Map.of()))
        .isEqualTo("unknown event");
    assertThat(accepted(CAEP + "session-presented", transmitter.person("ned"), Map.of()))
        .isEqualTo("unknown event");
    assertThat(bed.isLive(who)).isTrue();
  }

  @Test
  void transmitterThatPausesTheStreamIsSeen() throws Exception {
    assertThat(
            accepted(
                SSF + "stream-updated",
                opaque("s-other"),
                Map.of("status", "paused", "reason", "x")))
        .isEqualTo("about another stream");
    accepted(
        SSF + "stream-updated", opaque("s-1"), Map.of("status", "paused", "reason", "upgrade"));
    assertThat(stream().path("status").asText()).isEqualTo("paused");
    assertThat(bed.broker.admin("GET", "/admin/v1/signals/streams/corp-events/test", "").body())
        .contains("the transmitter says: paused upgrade");
    accepted(SSF + "stream-updated", opaque("s-1"), Map.of("status", "enabled"));
    assertThat(accepted(SSF + "verification", opaque("s-1"), Map.of("state", "nobody asked")))
        .isEqualTo("verification that nobody asked for");
    assertThat(accepted(SSF + "verification", opaque("s-1"), Map.of())).isEqualTo("verified");
    assertThat(stream().path("verified").asText()).isNotEmpty();
  }

  private JsonNode stream() throws Exception {
    for (JsonNode each : bed.items("/admin/v1/signals/streams")) {
      if (each.path("id").asText().equals(SignalBed.STREAM)) {
        return each;
      }
    }
    throw new AssertionError("no stream");
  }

  @Test
  void auditLogSaysWhoWasSignalledAndByWhom() throws Exception {
    SignalBed.SignedIn who = bed.signIn("ola", "");
    accepted(CAEP + "session-revoked", transmitter.person("ola"), Map.of());
    String audit = bed.broker.admin("GET", "/admin/v1/audit?limit=50", "").body();
    assertThat(audit).contains("signal.session-revoked").contains(who.user()).contains("ended");
  }
}

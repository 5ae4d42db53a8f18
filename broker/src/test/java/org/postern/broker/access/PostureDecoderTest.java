package org.postern.broker.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.policystore.posture.Fact;
import org.postern.policystore.posture.FactKind;
import org.postern.policystore.posture.FactName;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureReport;

class PostureDecoderTest {
  private static final PostureReportLimits LIMITS = PostureReportLimits.DEFAULT;

  private static PostureFact.Builder fact(PostureFact.Kind kind) {
    return PostureFact.newBuilder().setKind(kind);
  }

  private static PostureDecoder.Read read(PostureFact.Builder... facts) {
    PostureReport.Builder report = PostureReport.newBuilder();
    for (PostureFact.Builder each : facts) {
      report.addFacts(each);
    }
    return PostureDecoder.read(report.build(), LIMITS);
  }

  @Test
  void goodReportIsReadAndKindsOfTomorrowAreIgnored() {
    assertThat(
            read(
                fact(PostureFact.Kind.KIND_DISK_ENCRYPTED).setFlag(true),
                fact(PostureFact.Kind.KIND_FIREWALL_ON).setMissing("only root may"),
                PostureFact.newBuilder().setKindValue(999).setSubject("x").setFlag(true),
                fact(PostureFact.Kind.KIND_FILE_EXISTS).setSubject("/a").setFlag(false)))
        .isInstanceOfSatisfying(
            PostureDecoder.Read.Good.class,
            good ->
                assertThat(good.facts())
                    .containsOnlyKeys(
                        FactName.of(FactKind.DISK_ENCRYPTED),
                        FactName.of(FactKind.FIREWALL_ON),
                        new FactName(FactKind.FILE_EXISTS, "/a"))
                    .containsEntry(
                        FactName.of(FactKind.FIREWALL_ON), new Fact.Missing("only root may")));
  }

  @Test
  void whatBreaksALimitIsRefusedAsAWhole() {
    assertThat(read(fact(PostureFact.Kind.KIND_FILE_EXISTS).setFlag(true)))
        .isInstanceOf(PostureDecoder.Read.Bad.class);
    assertThat(read(fact(PostureFact.Kind.KIND_KERNEL).setSubject("x").setText("6")))
        .isInstanceOf(PostureDecoder.Read.Bad.class);
    assertThat(read(fact(PostureFact.Kind.KIND_KERNEL).setText("6".repeat(1_025))))
        .isInstanceOf(PostureDecoder.Read.Bad.class);
    assertThat(read(fact(PostureFact.Kind.KIND_KERNEL).setText("6\u0000")))
        .isInstanceOf(PostureDecoder.Read.Bad.class);
    assertThat(read(fact(PostureFact.Kind.KIND_SCREEN_LOCK_SECONDS).setNumber(-1)))
        .isInstanceOf(PostureDecoder.Read.Bad.class);
    assertThat(
            read(
                fact(PostureFact.Kind.KIND_DISK_ENCRYPTED).setFlag(false),
                fact(PostureFact.Kind.KIND_DISK_ENCRYPTED).setFlag(true)))
        .isInstanceOf(PostureDecoder.Read.Bad.class);
    PostureReport.Builder many = PostureReport.newBuilder();
    for (int i = 0; i <= LIMITS.factsMax(); i++) {
      many.addFacts(fact(PostureFact.Kind.KIND_FILE_EXISTS).setSubject("/" + i).setFlag(true));
    }
    assertThat(PostureDecoder.read(many.build(), LIMITS))
        .isInstanceOf(PostureDecoder.Read.Bad.class);
  }

  /** Damaged reports are refused or are within every limit; nothing is thrown. */
  @Test
  void damagedReportsNeverGetPastTheLimits() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] good =
        PostureReport.newBuilder()
            .addFacts(fact(PostureFact.Kind.KIND_OS_ID).setText("debian"))
            .addFacts(fact(PostureFact.Kind.KIND_DISK_ENCRYPTED).setFlag(true))
            .addFacts(fact(PostureFact.Kind.KIND_SCREEN_LOCK_SECONDS).setNumber(300))
            .addFacts(fact(PostureFact.Kind.KIND_FILE_SHA256).setSubject("/etc/x").setText("ab"))
            .addFacts(fact(PostureFact.Kind.KIND_FIREWALL_ON).setMissing("no"))
            .build()
            .toByteArray();
    for (int round = 0; round < 100_000; round++) {
      byte[] damaged = good.clone();
      for (int i = 0; i <= random.nextInt(4); i++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      PostureReport report;
      try {
        report = PostureReport.parseFrom(ByteString.copyFrom(damaged));
      } catch (InvalidProtocolBufferException e) {
        continue;
      }
      if (PostureDecoder.read(report, LIMITS) instanceof PostureDecoder.Read.Good(var facts)) {
        assertThat(facts.size()).as("seed %d", seed).isLessThanOrEqualTo(LIMITS.factsMax());
        facts.forEach((name, fact) -> {
          assertThat(name.subject().isEmpty())
              .as("seed %d", seed)
              .isNotEqualTo(name.kind().hasSubject());
          assertThat(fact.shown().chars().noneMatch(Character::isISOControl))
              .as("seed %d", seed)
              .isTrue();
          if (fact instanceof Fact.Amount(long value)) {
            assertThat(value).as("seed %d", seed).isNotNegative();
          }
        });
      }
    }
  }
}

package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.identity.SpiffeId.BrokerId;
import org.postern.identity.SpiffeId.ClientId;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.identity.SpiffeId.PortalId;
import org.postern.identity.SpiffeId.WorkloadId;

class SpiffeIdTest {
  private static final TrustDomain DOMAIN = new TrustDomain("corp.example");
  private static final List<SpiffeId> ALL =
      List.of(
          new ClientId(DOMAIN, "u-1", "d_2"),
          new ConnectorId(DOMAIN, "vpc-a", "0190"),
          new BrokerId(DOMAIN, "b.1"),
          new PortalId(DOMAIN, "b.1"),
          new WorkloadId(DOMAIN, "Billing"));

  @Test
  void everyKindReadsBackAsItself() {
    for (SpiffeId id : ALL) {
      assertThat(SpiffeId.parse(id.toString())).isEqualTo(id);
    }
    assertThat(ALL.getFirst()).hasToString("spiffe://corp.example/client/u-1/d_2");
  }

  @Test
  void longestIdReadsBack() {
    String label = "a".repeat(61);
    TrustDomain domain = new TrustDomain(String.join(".", label, label, label, label, "abcde"));
    SpiffeId id = new ConnectorId(domain, "g".repeat(128), "i".repeat(128));
    assertThat(id.toString().length()).isLessThanOrEqualTo(SpiffeId.MAX_LENGTH);
    assertThat(SpiffeId.parse(id.toString())).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spiffe://",
        "spiffe:///client/a/b",
        "spiffe://corp.example",
        "spiffe://corp.example/",
        "spiffe://corp.example/client",
        "spiffe://corp.example/client/a",
        "spiffe://corp.example/client/a/",
        "spiffe://corp.example/client//b",
        "spiffe://corp.example/client/a/b/",
        "spiffe://corp.example/client/a/b/c",
        "spiffe://corp.example//client/a/b",
        "spiffe://corp.example/client/./b",
        "spiffe://corp.example/client/a/..",
        "spiffe://corp.example/client/a%2fb/c",
        "spiffe://corp.example/client/%61/c",
        "spiffe://corp.example/client/a/b?x=1",
        "spiffe://corp.example/client/a/b#x",
        "spiffe://corp.example:443/client/a/b",
        "spiffe://user@corp.example/client/a/b",
        "spiffe://Corp.example/client/a/b",
        "spiffe://corp..example/client/a/b",
        "spiffe://-corp.example/client/a/b",
        "spiffe://corp_x.example/client/a/b",
        "spiffe://10.0.0.1/client/a/b",
        "spiffe://[::1]/client/a/b",
        "SPIFFE://corp.example/client/a/b",
        "https://corp.example/client/a/b",
        " spiffe://corp.example/client/a/b",
        "spiffe://corp.example/client/a/b ",
        "spiffe://corp.example/client/a/b\n",
        "spiffe://corp.example/client/a/b\u0000",
        "spiffe://corp.example/client/\u0430/b",
        "spiffe://corp.example/Client/a/b",
        "spiffe://corp.example/admin/a",
        "spiffe://corp.example/broker/a/b"
      })
  void whatIsNotExactlyAnIdIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> SpiffeId.parse(text));
  }

  @Test
  void overlongTextAndPartsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SpiffeId.parse("spiffe://" + "a/".repeat(500_000)));
    assertThatIllegalArgumentException().isThrownBy(() -> new BrokerId(DOMAIN, "x".repeat(129)));
    assertThatIllegalArgumentException().isThrownBy(() -> new TrustDomain("a".repeat(64)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TrustDomain("ab.".repeat(84) + "example"));
  }

  @Test
  void mutatedTextIsRefusedOrReadsBackExactly() {
    long seed = Long.getLong("seed", 20260301L);
    Random random = new Random(seed);
    String alphabet = "abzAZ019./-_%:@?#[] \u0000\u00e9spiffe";
    int accepted = 0;
    for (int round = 0; round < 50_000; round++) {
      StringBuilder text = new StringBuilder(ALL.get(random.nextInt(ALL.size())).toString());
      for (int edits = random.nextInt(4); edits >= 0; edits--) {
        int at = random.nextInt(text.length());
        char c = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, c);
          case 1 -> text.insert(at, c);
          default -> text.deleteCharAt(at);
        }
      }
      try {
        SpiffeId id = SpiffeId.parse(text.toString());
        assertThat(id.toString()).as("seed %d", seed).isEqualTo(text.toString());
        accepted++;
      } catch (IllegalArgumentException e) {
        assertThat(e).as("seed %d", seed).hasMessageContaining("expected");
      }
    }
    assertThat(accepted).as("some mutations are ids again, seed %d", seed).isPositive();
  }
}

package org.postern.clientconnector.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.ReasonCode;

class RecentEndsTest {
  private static final ConnectListener NOBODY =
      new ConnectListener() {
        @Override
        public void onOpened() {}

        @Override
        public void onRefused(ReasonCode reason, String text) {}
      };

  private final RecentEnds ends = new RecentEnds(2, InstantSource.system());

  private static OutFlow flow(long id) {
    return new OutFlow(
        id,
        new Target("pay" + id + ".corp", 443),
        new OutFlow.Local.Tcp(new EmbeddedChannel(), NOBODY),
        0);
  }

  private static Cut cut(long id, ReasonCode reason) {
    return Cut.newBuilder()
        .setFlowId(id)
        .setReason(reason)
        .setText("the firewall is off")
        .setDecisionId("d-9")
        .build();
  }

  @Test
  void brokersWordThatComesAfterTheResetIsWhatIsTold() {
    ends.ended(flow(1), ReasonCode.POLICY_POSTURE, "your device ...");
    ends.ended(flow(2), ReasonCode.POLICY_POSTURE, "your device ...");
    ends.explained(cut(1, ReasonCode.POLICY_POSTURE));
    assertThat(ends.list())
        .extracting(RecentEnds.End::text, RecentEnds.End::decisionId)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("your device ...", ""),
            org.assertj.core.groups.Tuple.tuple("the firewall is off", "d-9"));
  }

  @Test
  void flowThatEndedForAnotherReasonKeepsIt() {
    ends.ended(flow(1), ReasonCode.UPSTREAM_RESET, "the application ...");
    ends.explained(cut(1, ReasonCode.POLICY_POSTURE));
    assertThat(ends.list().getFirst().text()).isEqualTo("the application ...");
  }

  @Test
  void oldestIsForgottenFirst() {
    for (int id = 1; id <= 3; id++) {
      ends.ended(flow(id), ReasonCode.POLICY_CHANGED, "");
    }
    assertThat(ends.list())
        .extracting(RecentEnds.End::target)
        .containsExactly("pay3.corp:443", "pay2.corp:443");
  }
}

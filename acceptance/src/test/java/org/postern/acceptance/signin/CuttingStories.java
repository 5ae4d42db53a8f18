package org.postern.acceptance.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.acceptance.bench.cutting.Flows;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.clientconnector.link.TunnelStatus;
import org.postern.clientconnector.signin.DeviceSignIn;

/** What a real provider's word does to a person who is in the middle of their work. */
abstract class CuttingStories extends AtABrowser {
  private static final int FLOWS = 1_000;
  private static final int BYSTANDERS = 20;

  /** From the request that ends it at Keycloak, for a machine that does ten other things. */
  private static final double MILLIS_MAX = 20_000;

  CuttingStories(Stage stage) {
    super(stage);
  }

  private WholeBroker.Device online(DeviceSignIn.SignedIn signedIn) throws Exception {
    WholeBroker.Device device = stage.broker.online(signedIn.credential());
    await().atMost(PATIENCE).until(() -> device.status().linked());
    return device;
  }

  @Test
  void signalOfKeycloakCutsAThousandFlowsAndTheAdministratorsBrowser() throws Exception {
    DeviceSignIn.SignedIn kim = signIn("kim", "contractor.example");
    forget();
    stage.signals();
    try (Flows bystander = new Flows(online(kim), Stage.FEED, stage.feed.port(), BYSTANDERS)) {
      DeviceSignIn.SignedIn pat = signIn("pat", "partner.example");
      browser.open(stage.broker.publicUrl().resolve("/admin/signin"));
      browser.until("document.querySelectorAll('#providers button').length == 1");
      browser.value("document.querySelector('#providers button').click()");
      browser.until("!document.getElementById('account').hidden");
      WholeBroker.Device device = online(pat);
      try (Flows flows = new Flows(device, Stage.FEED, stage.feed.port(), FLOWS)) {
        long from = System.nanoTime();
        stage.keycloak.admin(
            "POST", "/partners/users/" + stage.keycloak.id("partners", "pat") + "/logout", "");
        List<Double> millis = flows.millisToEnds(from);
        System.out.printf(
            "Keycloak's session-revoked: first end %.0f ms, last end %.0f ms%n",
            millis.getFirst(), millis.getLast());
        assertThat(millis).hasSize(FLOWS);
        assertThat(millis.getFirst()).as("nothing ends before its cause").isPositive();
        assertThat(millis.getLast()).isLessThan(MILLIS_MAX);
      }
      await().atMost(PATIENCE).until(() -> !device.status().linked());
      TunnelStatus status = device.status();
      assertThat(status.ended().stream().map(TunnelStatus.EndLine::reason))
          .as("what postern status shows of flows that ended")
          .isNotEmpty()
          .containsOnly("SESSION_REVOKED");
      assertThat(status.linkReason()).isEqualTo("SESSION_REVOKED");
      assertThat(stage.isLive(deviceOf(pat))).isFalse();
      assertThat(stage.admin("GET", "/admin/v1/signals/events?limit=20", "").body())
          .contains("event-type/session-revoked", "sessions ended");

      browser.open(stage.broker.publicUrl().resolve("/admin/signin"));
      browser.until("!document.getElementById('signin').hidden");
      assertThat(bystander.ended()).as("flows of somebody else").isZero();
    } finally {
      stage.backChannel();
    }
  }
}

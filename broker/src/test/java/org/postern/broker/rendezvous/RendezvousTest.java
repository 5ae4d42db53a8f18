package org.postern.broker.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.CutDone;
import org.postern.tunnel.message.FlowClosed;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;

class RendezvousTest {
  private static final String HOST = "wiki.corp.internal";
  private static final List<String> GROUP = List.of("vpc");

  private final Rendezvous rendezvous = new Rendezvous();

  private record Desk(String connectorId, String group, boolean up, int load)
      implements ConnectorDesk {
    @Override
    public String spiffeId() {
      return "spiffe://corp.example/connector/" + group + "/" + connectorId;
    }

    @Override
    public boolean reaches(String host, int port) {
      return up;
    }

    @Override
    public void grant(Grant grant) {
      throw new AssertionError("nothing is granted here");
    }

    @Override
    public void terms(FlowTerms terms) {
      throw new AssertionError("nothing has terms here");
    }

    @Override
    public void cut(Cut cut) {
      throw new AssertionError("nothing is cut here");
    }

    @Override
    public void takeCarrier(EventLoop preferred, CarrierTaker taker) {
      throw new AssertionError("no lane is made here");
    }
  }

  private static final class Device implements DeviceDesk {
    private final List<String> gone = new ArrayList<>();

    @Override
    public String spiffeId() {
      return "spiffe://corp.example/client/alice/laptop";
    }

    @Override
    public void opened(String connectorId, Opened opened) {}

    @Override
    public void refused(String connectorId, Refused refused) {}

    @Override
    public void cutDone(String connectorId, CutDone cutDone) {}

    @Override
    public void closedByConnector(String connectorId, FlowClosed closed) {}

    @Override
    public void connectorGone(String connectorId, ReasonCode reason) {
      gone.add(connectorId + " " + reason.name());
    }
  }

  private Optional<String> chosen(String... withLane) {
    return rendezvous
        .choose(GROUP, desk -> desk.reaches(HOST, 443), List.of(withLane))
        .map(ConnectorDesk::connectorId);
  }

  @Test
  void leastBusyConnectorThatReachesTheTargetIsChosen() {
    rendezvous.arrive(new Desk("idle-but-cut-off", "vpc", false, 0));
    rendezvous.arrive(new Desk("busy", "vpc", true, 500));
    rendezvous.arrive(new Desk("calm", "vpc", true, 20));
    assertThat(chosen()).contains("calm");
  }

  @Test
  void connectorOfAnotherGroupIsNeverChosen() {
    rendezvous.arrive(new Desk("elsewhere", "other", true, 0));
    assertThat(chosen("elsewhere")).isEmpty();
  }

  @Test
  void laneIsWorthASmallDifferenceInLoadAndNoLargeOne() {
    rendezvous.arrive(new Desk("calm", "vpc", true, 10));
    rendezvous.arrive(new Desk("with-lane", "vpc", true, Rendezvous.balanceCeiling(10)));
    assertThat(chosen("with-lane")).contains("with-lane");
    rendezvous.arrive(new Desk("with-lane", "vpc", true, Rendezvous.balanceCeiling(10) + 1));
    assertThat(chosen("with-lane")).contains("calm");
  }

  @Test
  void laneToAConnectorThatDoesNotReachTheTargetIsNotWorthIt() {
    rendezvous.arrive(new Desk("calm", "vpc", true, 10));
    rendezvous.arrive(new Desk("with-lane", "vpc", false, 0));
    assertThat(chosen("with-lane")).contains("calm");
  }

  @Test
  void whereNobodyReachesTheTargetTheDialItselfGivesTheReason() {
    rendezvous.arrive(new Desk("one", "vpc", false, 3));
    rendezvous.arrive(new Desk("two", "vpc", false, 2));
    assertThat(chosen()).contains("two");
  }

  @Test
  void connectorThatWasReplacedLeavesWithoutAWord() {
    Device device = new Device();
    rendezvous.arrive(device);
    Desk before = new Desk("one", "vpc", true, 0);
    Desk after = new Desk("one", "vpc", true, 1);
    rendezvous.arrive(before);
    assertThat(rendezvous.arrive(after)).contains(before);
    rendezvous.leave(before, ReasonCode.PEER_SILENT);
    assertThat(device.gone).isEmpty();
    assertThat(rendezvous.connector("one")).contains(after);
    rendezvous.leave(after, ReasonCode.PEER_SILENT);
    assertThat(device.gone).containsExactly("one PEER_SILENT");
    assertThat(rendezvous.connector("one")).isEmpty();
  }
}

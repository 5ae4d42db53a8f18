package org.postern.broker.clientside;

import java.util.function.Consumer;
import org.postern.broker.access.DeviceAccess;
import org.postern.broker.access.DeviceHosts;
import org.postern.broker.access.Verdict;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.tunnel.message.AccessAnswer;
import org.postern.tunnel.message.AccessQuery;
import org.postern.tunnel.message.AccessWish;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Why;
import org.postern.tunnel.message.WhyAnswer;

/**
 * What the person at one device wants to know, and asks for. Answers about what is forbidden and
 * what does not exist are the same. Confined to the device's loop.
 */
final class QuestionsOnBroker {
  private static final int HOST_MAX = 253;
  private static final int PORT_MAX = 65_535;
  private static final int REASON_MAX = 500;
  private static final int SECONDS_MIN = 60;
  private static final int SECONDS_MAX = 2_592_000;

  private final ClientSide side;
  private final DeviceOnBroker device;
  private final TokenBucket questions;
  private final TokenBucket wishes;

  QuestionsOnBroker(ClientSide side, DeviceOnBroker device) {
    this.side = side;
    this.device = device;
    this.questions = new TokenBucket(RendezvousLimits.QUESTIONS_PER_SECOND, side.nanoTime());
    this.wishes = new TokenBucket(RendezvousLimits.WISHES_PER_SECOND, side.nanoTime());
  }

  void why(Why why) {
    WhyAnswer.Builder answer = WhyAnswer.newBuilder().setQueryId(why.getQueryId());
    if (!questions.tryTake(side.nanoTime())) {
      send(refused(answer, ReasonCode.RATE_LIMITED));
      return;
    }
    if (isDamaged(why.getHost(), why.getPort())) {
      send(refused(answer, ReasonCode.PROTOCOL_ERROR));
      return;
    }
    String decisionId = side.decisionIds().next();
    DeviceAccess.Answer found =
        device
            .access()
            .why(
                new DeviceAccess.Asked(
                    DeviceHosts.canonical(why.getHost()), why.getPort(), why.getTransport()),
                decisionId);
    answer.setDecisionId(decisionId);
    if (found.bypassed()) {
      send(answer.setOutcome(WhyAnswer.Outcome.OUTCOME_BYPASSED));
      return;
    }
    switch (found.verdict()) {
      case Verdict.Permitted permitted -> {
        boolean served =
            side.rendezvous()
                .choose(
                    permitted.connectorGroups(),
                    FlowOpening.reaching(
                        permitted, DeviceHosts.canonical(why.getHost()), found.port()),
                    java.util.List.of())
                .isPresent();
        send(
            answer
                .setOutcome(WhyAnswer.Outcome.OUTCOME_PERMITTED)
                .setReason(served ? ReasonCode.REASON_UNSPECIFIED : ReasonCode.NO_CONNECTOR)
                .setPort(found.port()));
      }
      case Verdict.Forbidden forbidden ->
          send(
              refused(answer, forbidden.told())
                  .setText(forbidden.message())
                  .setPort(isForThePerson(forbidden) ? found.port() : why.getPort()));
    }
  }

  private static boolean isForThePerson(Verdict.Forbidden forbidden) {
    return switch (forbidden.told()) {
      case POLICY_STEP_UP, POLICY_APPROVAL_REQUIRED, POLICY_DENIED -> true;
      default -> false;
    };
  }

  private static boolean isDamaged(String host, int port) {
    return host.isEmpty() || host.length() > HOST_MAX || port < 0 || port > PORT_MAX;
  }

  private static WhyAnswer.Builder refused(WhyAnswer.Builder answer, ReasonCode reason) {
    return answer.setOutcome(WhyAnswer.Outcome.OUTCOME_REFUSED).setReason(reason);
  }

  private void send(WhyAnswer.Builder answer) {
    device.link().send(Envelope.newBuilder().setWhyAnswer(answer).build());
  }

  // -- asking for access

  void wish(AccessWish wish) {
    int query = wish.getQueryId();
    if (!wishes.tryTake(side.nanoTime())) {
      send(query, refused(ReasonCode.RATE_LIMITED));
      return;
    }
    String fault = fault(wish);
    if (!fault.isEmpty()) {
      send(query, answer(AccessAnswer.Outcome.OUTCOME_FAILED).setText(fault));
      return;
    }
    String host = DeviceHosts.canonical(wish.getHost());
    String decisionId = side.decisionIds().next();
    DeviceAccess access = device.access();
    DeviceAccess.Answer found =
        access.why(new DeviceAccess.Asked(host, wish.getPort(), wish.getTransport()), decisionId);
    if (found.bypassed() || found.verdict() instanceof Verdict.Permitted) {
      send(query, answer(AccessAnswer.Outcome.OUTCOME_NOT_NEEDED).setDecisionId(decisionId));
      return;
    }
    access
        .application(host, found.port(), wish.getTransport())
        .ifPresentOrElse(
            application ->
                side.accessDesk()
                    .ask(
                        new AccessDesk.Wish(
                            access.userId(),
                            access.email(),
                            device.id().device(),
                            application,
                            host + ":" + found.port(),
                            wish.getReason(),
                            wish.getSeconds()),
                        later(query, decisionId)),
            () -> {
              Verdict.Forbidden forbidden = (Verdict.Forbidden) found.verdict();
              send(
                  query,
                  refused(forbidden.told()).setText(forbidden.message()).setDecisionId(decisionId));
            });
  }

  private static String fault(AccessWish wish) {
    if (isDamaged(wish.getHost(), wish.getPort())) {
      return "host and port cannot be meant (expected: HOST or HOST:PORT)";
    }
    if (wish.getReason().isBlank() || wish.getReason().length() > REASON_MAX) {
      return "the reason has %d characters (expected: 1 to %d)"
          .formatted(wish.getReason().length(), REASON_MAX);
    }
    if (wish.getSeconds() < SECONDS_MIN || wish.getSeconds() > SECONDS_MAX) {
      return "%d seconds (expected: %d to %d, which is 30 days)"
          .formatted(wish.getSeconds(), SECONDS_MIN, SECONDS_MAX);
    }
    return "";
  }

  void query(AccessQuery query) {
    if (!wishes.tryTake(side.nanoTime())) {
      send(query.getQueryId(), refused(ReasonCode.RATE_LIMITED));
      return;
    }
    side.accessDesk().list(device.access().userId(), later(query.getQueryId(), ""));
  }

  private Consumer<AccessAnswer> later(int query, String decisionId) {
    return answer -> device.onLoop(() -> send(query, answer.toBuilder().setDecisionId(decisionId)));
  }

  private static AccessAnswer.Builder answer(AccessAnswer.Outcome outcome) {
    return AccessAnswer.newBuilder().setOutcome(outcome);
  }

  private static AccessAnswer.Builder refused(ReasonCode reason) {
    return answer(AccessAnswer.Outcome.OUTCOME_REFUSED).setReason(reason);
  }

  private void send(int query, AccessAnswer.Builder answer) {
    device.link().send(Envelope.newBuilder().setAccessAnswer(answer.setQueryId(query)).build());
  }
}

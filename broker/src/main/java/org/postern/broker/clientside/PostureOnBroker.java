package org.postern.broker.clientside;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.broker.access.DeviceAccess;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.PostureQuestions;
import org.postern.tunnel.message.PostureReport;
import org.postern.tunnel.message.PostureState;
import org.postern.tunnel.message.ReasonCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One device's posture: takes its reports, asks it questions, tells it the results, and decides
 * again when a result turns, be it by a report or by time. Confined to the device's loop.
 */
final class PostureOnBroker {
  private static final Logger LOG = LoggerFactory.getLogger(PostureOnBroker.class);

  private final ClientSide side;
  private final DeviceOnBroker device;
  private final TokenBucket reports;
  private PostureQuestions asked = PostureQuestions.getDefaultInstance();
  private PostureState told = PostureState.getDefaultInstance();
  private @Nullable Runnable cancelTimer;

  PostureOnBroker(ClientSide side, DeviceOnBroker device) {
    this.side = side;
    this.device = device;
    this.reports = new TokenBucket(side.postures().limits().perSecond(), side.nanoTime());
  }

  /** A new link knows of nothing yet. */
  void attached() {
    asked = PostureQuestions.getDefaultInstance();
    told = PostureState.getDefaultInstance();
    tell();
  }

  void report(PostureReport report) {
    if (!reports.tryTake(side.nanoTime())) {
      LOG.warn("a posture report of {} was dropped: too many", device.spiffeId());
      return;
    }
    Optional<String> fault = side.postures().report(device.id().device(), report);
    if (fault.isPresent()) {
      device.link().close(ReasonCode.PROTOCOL_ERROR, "posture report: " + fault.get());
      return;
    }
    mayHaveTurned();
  }

  /** Decides again if a profile turned. */
  void mayHaveTurned() {
    DeviceAccess fresh = side.accessOf(device);
    if (fresh.hasPostureOf(device.access())) {
      watch(fresh);
    } else {
      device.reconsider(fresh);
    }
  }

  /** Questions and results, as far as the device does not know them. */
  void tell() {
    PostureQuestions questions =
        device.access().postureQuestions(side.postures().limits().questionsMax());
    if (!questions.equals(asked)) {
      asked = questions;
      device.link().send(Envelope.newBuilder().setPostureQuestions(questions).build());
    }
    PostureState state = device.access().postureState();
    if (!state.equals(told)) {
      told = state;
      device.link().send(Envelope.newBuilder().setPostureState(state).build());
    }
  }

  /** Looks again at the moment when a report becomes too old or a grace ends. */
  void watch() {
    watch(device.access());
  }

  private void watch(DeviceAccess access) {
    if (cancelTimer != null) {
      cancelTimer.run();
      cancelTimer = null;
    }
    access
        .postureUntil()
        .ifPresent(until ->
            cancelTimer =
                side.alarms().at(device.loop(), until.toEpochMilli() + 1, this::mayHaveTurned));
  }
}

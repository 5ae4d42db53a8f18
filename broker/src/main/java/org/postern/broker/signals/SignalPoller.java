package org.postern.broker.signals;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.random.RandomGenerator;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.SignalStream;
import org.postern.policystore.jdbc.SignalStreams;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks transmitters for events (RFC 8936), each stream from one broker at a time. What was received
 * is acknowledged with the next question, after it was done: a broker that dies in between is sent
 * the same again, and knows it. After a failure the pauses grow and fewer events are asked for, so
 * that an answer that is too large gets smaller.
 */
final class SignalPoller {
  private static final Logger LOG = LoggerFactory.getLogger(SignalPoller.class);

  private final SignalStreams streams;
  private final SignalReceiver receiver;
  private final Transmitters transmitters;
  private final SignalLimits limits;
  private final RandomGenerator random;
  private final Semaphore places;

  SignalPoller(
      SignalStreams streams,
      SignalReceiver receiver,
      Transmitters transmitters,
      SignalLimits limits,
      RandomGenerator random) {
    this.streams = streams;
    this.receiver = receiver;
    this.transmitters = transmitters;
    this.limits = limits;
    this.random = random;
    this.places = new Semaphore(limits.pollsAtOnce());
  }

  /** Begins with every stream that is due; each goes on by itself. */
  void pollDue(Executor blocking) {
    while (places.tryAcquire()) {
      Optional<SignalStreams.Listed> due = Optional.empty();
      try {
        due = streams.takeDue(limits.pollLease());
      } finally {
        if (due.isEmpty()) {
          places.release();
        }
      }
      if (due.isEmpty()) {
        return;
      }
      SignalStreams.Listed taken = due.get();
      blocking.execute(() -> {
        try {
          poll(taken);
        } catch (RuntimeException e) {
          LOG.warn("polling {} failed; it will be tried again", taken.stream().name(), e);
        } finally {
          places.release();
        }
      });
    }
  }

  private void poll(SignalStreams.Listed taken) {
    SignalStream stream = taken.stream();
    try {
      rounds(stream, Math.max(1, limits.pollEventsMax() >> Math.min(taken.failures(), 10)));
      streams.polled(stream.name(), limits.pollPause());
    } catch (SignInException e) {
      Duration pause = backoff(taken.failures());
      LOG.info("polling {} failed ({}); again in {}", stream.name(), e.getMessage(), pause);
      streams.pollFailed(stream.name(), e.fault().code() + ": " + e.getMessage(), pause);
    }
  }

  /** Doubles, up to its limit; brokers and streams do not keep step. */
  private Duration backoff(int failures) {
    long full =
        Math.min(
            limits.pollBackoffMax().toMillis(),
            limits.pollPause().toMillis() << Math.min(failures + 1, 20));
    return Duration.ofMillis(full / 2 + random.nextLong(full / 2 + 1));
  }

  private void rounds(SignalStream stream, int events) throws SignInException {
    if (!(stream.delivery() instanceof SignalStream.Delivery.Poll(String url))) {
      return;
    }
    List<String> done = List.of();
    Map<String, Map<String, String>> refused = Map.of();
    for (int round = 0; round < limits.pollRoundsMax(); round++) {
      Outbound.Answer answer = transmitters.post(stream, url, question(done, refused, events));
      if (answer.status() != 200) {
        throw new SignInException(
            SignInFault.PROVIDER_UNREACHABLE, "poll: status " + answer.status());
      }
      JsonNode sets = Transmitters.json(answer.body(), "poll").path("sets");
      if (!sets.isObject() || sets.isEmpty()) {
        return;
      }
      List<String> good = new ArrayList<>();
      Map<String, Map<String, String>> bad = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> each : sets.properties()) {
        take(stream, each.getKey(), each.getValue().asText(""), good, bad);
      }
      done = good;
      refused = bad;
    }
  }

  private static Map<String, Object> question(
      List<String> done, Map<String, Map<String, String>> refused, int events) {
    Map<String, Object> question = new LinkedHashMap<>();
    question.put("maxEvents", events);
    question.put("returnImmediately", true);
    question.put("ack", done);
    if (!refused.isEmpty()) {
      question.put("setErrs", refused);
    }
    return question;
  }

  private void take(
      SignalStream stream,
      String id,
      String token,
      List<String> good,
      Map<String, Map<String, String>> bad)
      throws SignInException {
    try {
      String jti = receiver.receive(stream, token, SignalReceiver.Way.POLLED);
      if (jti.equals(id)) {
        good.add(id);
      } else {
        bad.put(id, error("invalid_request", "the token has another jti"));
      }
    } catch (SignInException e) {
      if (SignalDoor.isPassing(e.fault())) {
        throw e;
      }
      bad.put(id, error(SignalDoor.code(e.fault()), e.fault().title()));
    }
  }

  private static Map<String, String> error(String code, String description) {
    return Map.of("err", code, "description", description);
  }
}

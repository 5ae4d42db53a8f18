package org.postern.broker.signals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ProviderClient.Finding;
import org.postern.broker.signin.ProviderClient.Grade;
import org.postern.broker.signin.SignInException;
import org.postern.policystore.SignalStream;
import org.postern.policystore.SignalStream.Delivery;
import org.postern.policystore.jdbc.SignalStreams;

/** Streams as administrators see them. Blocking; safe on any thread. */
public final class SignalDesk {
  private final SignalStores stores;
  private final SignalReceiver receiver;
  private final Transmitters transmitters;
  private final SignalLimits limits;

  SignalDesk(
      SignalStores stores,
      SignalReceiver receiver,
      Transmitters transmitters,
      SignalLimits limits) {
    this.stores = stores;
    this.receiver = receiver;
    this.transmitters = transmitters;
    this.limits = limits;
  }

  /** Streams and events. */
  public SignalStores stores() {
    return stores;
  }

  /** Path at which a stream's transmitter pushes, under the public address. */
  public static String path(String stream) {
    return SignalDoor.PATH + stream;
  }

  /** Whether there are as many streams as there may be. */
  public boolean isFull() {
    return stores.streams().list().size() >= limits.streamsMax();
  }

  /**
   * The stream with what its transmitter says of itself in place of what is empty.
   *
   * @throws SignInException if something is missing and the transmitter does not say it
   */
  public SignalStream complete(SignalStream stream) throws SignInException {
    if (!stream.keysUrl().isEmpty()) {
      return stream;
    }
    JsonNode said = transmitters.describe(stream.issuer());
    return new SignalStream(
        stream.name(),
        stream.provider(),
        stream.issuer(),
        stream.audience(),
        said.path("jwks_uri").asText(""),
        stream.delivery(),
        stream.streamId(),
        stream.verifyUrl().isEmpty()
            ? said.path("verification_endpoint").asText("")
            : stream.verifyUrl(),
        stream.access());
  }

  /** Looks at all that a stream needs. */
  public List<Finding> examine(SignalStreams.Listed listed) {
    SignalStream stream = listed.stream();
    List<Finding> findings = new ArrayList<>();
    try {
      int keys = receiver.tokens().keys(receiver.transmitter(stream));
      findings.add(
          keys == 0
              ? new Finding(Grade.WRONG, "keys", stream.keysUrl() + " holds none")
              : new Finding(Grade.GOOD, "keys", keys + " at " + stream.keysUrl()));
    } catch (SignInException e) {
      findings.add(new Finding(Grade.WRONG, "keys", e.forAdministrator()));
    }
    findings.add(
        switch (stream.delivery()) {
          case Delivery.Push() ->
              new Finding(
                  Grade.GOOD, "delivery", "the transmitter pushes to " + path(stream.name()));
          case Delivery.Poll(String url) ->
              listed.failures() == 0
                  ? new Finding(Grade.GOOD, "delivery", "polled at " + url)
                  : new Finding(
                      Grade.WRONG,
                      "delivery",
                      "%d polls in a row failed: %s"
                          .formatted(listed.failures(), listed.lastError()));
        });
    findings.add(
        "enabled".equals(listed.status())
            ? new Finding(Grade.GOOD, "status", "enabled")
            : new Finding(
                Grade.WARNING,
                "status",
                "the transmitter says: " + listed.status() + " " + listed.statusReason()));
    findings.add(
        listed
            .verifiedAt()
            .map(at -> new Finding(Grade.GOOD, "verified", "last at " + at))
            .orElseGet(() ->
                new Finding(
                    Grade.WARNING,
                    "verified",
                    "no verification event has come yet; ask for one: postern admin signals verify "
                        + stream.name())));
    return findings;
  }

  /**
   * Asks the transmitter to send a verification event (SSF 1.0 section 8.1.4).
   *
   * @return what it answered: 204 if it will
   */
  public int verify(SignalStream stream) throws SignInException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("stream_id", stream.streamId());
    body.put("state", stores.streams().askVerification(stream.name()));
    Outbound.Answer answer = transmitters.post(stream, stream.verifyUrl(), body);
    return answer.status();
  }
}

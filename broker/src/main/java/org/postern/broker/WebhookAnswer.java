package org.postern.broker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import org.postern.broker.signin.Outbound;

/** What the approval webhook says to a request for access. */
sealed interface WebhookAnswer {
  /** Yes, for a time. */
  record Approve(Duration time, String note) implements WebhookAnswer {}

  /** No. */
  record Refuse(String note) implements WebhookAnswer {}

  /** It knows, and will answer through the API, or leave it to a person. */
  record Later() implements WebhookAnswer {}

  /** Nothing that can be used; to be tried again. */
  record Unusable(String why) implements WebhookAnswer {}

  /**
   * Reads an answer.
   *
   * @param asked the time that the person asked for
   */
  static WebhookAnswer of(Outbound.Answer answer, Duration asked, WebhookLimits limits) {
    if (answer.status() == 202 || answer.status() == 204) {
      return new Later();
    }
    if (answer.status() != 200) {
      return new Unusable("status " + answer.status() + " (expected: 200, 202 or 204)");
    }
    JsonNode said;
    try {
      said = new ObjectMapper().readTree(answer.body());
    } catch (JsonProcessingException e) {
      return new Unusable("its answer is not JSON");
    }
    String note = said.path("note").asText("");
    if (note.length() > limits.noteMax()) {
      return new Unusable("its note is longer than " + limits.noteMax() + " characters");
    }
    return switch (said.path("decision").asText("")) {
      case "approve" -> approve(said.path("seconds"), note, asked, limits);
      case "refuse" -> new Refuse(note);
      case "later" -> new Later();
      default -> new Unusable("its decision is not known (expected: approve, refuse or later)");
    };
  }

  private static WebhookAnswer approve(
      JsonNode seconds, String note, Duration asked, WebhookLimits limits) {
    if (seconds.isMissingNode()) {
      return new Approve(asked, note);
    }
    long time = seconds.canConvertToLong() ? seconds.asLong() : -1;
    if (!seconds.isIntegralNumber()
        || time < limits.timeMin().toSeconds()
        || time > limits.timeMax().toSeconds()) {
      return new Unusable(
          "its seconds are wrong (expected: a whole number, %d to %d)"
              .formatted(limits.timeMin().toSeconds(), limits.timeMax().toSeconds()));
    }
    return new Approve(Duration.ofSeconds(time), note);
  }
}

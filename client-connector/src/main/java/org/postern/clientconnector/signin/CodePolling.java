package org.postern.clientconnector.signin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Asks the broker whether somebody has approved this device (RFC 8628 section 3.4). Blocking. */
final class CodePolling {
  private static final String GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code";
  private static final long SECONDS_MORE = 5;
  private static final long SECONDS_MAX = 60;
  private static final int TOO_MANY = 429;

  private final BrokerDoor door;

  /** Nobody ever gives one back: to wait for it is to wait. */
  private final Semaphore never = new Semaphore(0);

  CodePolling(BrokerDoor door) {
    this.door = door;
  }

  /**
   * Waits for the code with which this device enrolls.
   *
   * @param terms what the broker said of pauses and of the end
   */
  String await(String deviceCode, JsonNode terms) throws SignInException {
    long pause = Math.clamp(terms.path("interval").asLong(SECONDS_MORE), 1, SECONDS_MAX);
    long left = terms.path("expires_in").asLong();
    while (left > 0) {
      pause(pause);
      left -= pause;
      BrokerDoor.Answer answer =
          door.form(
              "/signin/code/token",
              Map.of(
                  "grant_type", GRANT_TYPE,
                  "client_id", DeviceSignIn.CLIENT,
                  "device_code", deviceCode));
      if (answer.status() == 200) {
        return answer.body().path("code").asText();
      }
      String error =
          answer.status() == TOO_MANY ? "slow_down" : answer.body().path("error").asText();
      switch (error) {
        case "authorization_pending" -> {}
        case "slow_down" -> pause = Math.min(SECONDS_MAX, pause + SECONDS_MORE);
        case "expired_token" -> left = 0;
        default -> throw BrokerDoor.refused(answer);
      }
    }
    throw new SignInException("nobody approved this device in time; run 'postern login' again");
  }

  private void pause(long seconds) throws SignInException {
    try {
      if (never.tryAcquire(seconds, TimeUnit.SECONDS)) {
        throw new IllegalStateException("somebody gave what nobody has");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SignInException("interrupted", e);
    }
  }
}

package org.postern.broker.front;

import java.time.Duration;

/**
 * Every limit of the HTTPS door.
 *
 * @param bodyBytesMax request body of a route that does not say otherwise
 * @param applyBytesMax request body of a policy document; read only after the token was checked
 * @param largeBytes a body of more than this is large, and keeps a large place until it is answered
 * @param largeMax large bodies at once, of all connections
 * @param uriBytesMax request line
 * @param headerBytesMax all headers together
 * @param requestDeadline from the request's head to the end of the answer
 * @param applyDeadline the same for a route that takes policy documents
 * @param idleTimeout a connection on which nothing moves; longer than applyDeadline, because one
 *     that waits for its answer is such a connection
 * @param requestsMax requests at work at once, of all connections
 * @param pageLeftoverBytesMax rest of a body that is thrown away so that a browser shows our page
 *     about it; nothing of it is kept
 * @param sensitivePerMinute sign-in and enrollment requests a minute from one address
 * @param sensitiveBurst the same, at once
 */
public record HttpsLimits(
    int bodyBytesMax,
    int applyBytesMax,
    int largeBytes,
    int largeMax,
    int uriBytesMax,
    int headerBytesMax,
    Duration requestDeadline,
    Duration applyDeadline,
    Duration idleTimeout,
    int requestsMax,
    int pageLeftoverBytesMax,
    int sensitivePerMinute,
    int sensitiveBurst) {
  private static final int WAITING_DEVICES_MAX = 50;

  /** Generous for people, tight for strangers. */
  public static final HttpsLimits DEFAULT =
      new HttpsLimits(
          64 * 1024,
          36 * 1024 * 1024,
          2 * 1024 * 1024,
          4,
          8 * 1024,
          16 * 1024,
          Duration.ofSeconds(30),
          Duration.ofSeconds(120),
          Duration.ofSeconds(125),
          256,
          32 * 1024 * 1024,
          1_200,
          600);

  /** How long a route may take whose bodies have at most so many bytes. */
  Duration deadline(int bytesMax) {
    return bytesMax >= applyBytesMax ? applyDeadline : requestDeadline;
  }

  /**
   * Codes that one address may type a minute: people of an office let headless machines in, and a
   * stranger who guesses has ten minutes for one of 20^8.
   */
  public int codesPerMinute() {
    return Math.max(1, sensitivePerMinute / 20);
  }

  /**
   * Sign-ins that one address may begin a minute. Each waits ten minutes for its end in one of
   * {@link org.postern.policystore.PolicyLimits#signInsPending} places; at half of all requests it
   * is no limit for those who finish what they begin.
   */
  public int beginningsPerMinute() {
    return Math.max(1, sensitivePerMinute / 2);
  }

  /**
   * Devices without a browser that may begin to wait a minute behind one address. They wait as long
   * in one of {@link org.postern.policystore.PolicyLimits#deviceCodesPending} places.
   */
  public int waitingDevicesPerMinute() {
    return Math.min(codesPerMinute(), WAITING_DEVICES_MAX);
  }

  /**
   * Questions a minute of one address's devices that wait to be let in; each asks every five
   * seconds.
   */
  public int pollsPerMinute() {
    return Math.multiplyExact(sensitivePerMinute, 5);
  }

  /**
   * The same with another rate of sign-in and enrollment from one address, half of it at once.
   *
   * @param perMinute at least 2: a whole office may share one address
   */
  public HttpsLimits sensitive(int perMinute) {
    return new HttpsLimits(
        bodyBytesMax,
        applyBytesMax,
        largeBytes,
        largeMax,
        uriBytesMax,
        headerBytesMax,
        requestDeadline,
        applyDeadline,
        idleTimeout,
        requestsMax,
        pageLeftoverBytesMax,
        perMinute,
        perMinute / 2);
  }
}

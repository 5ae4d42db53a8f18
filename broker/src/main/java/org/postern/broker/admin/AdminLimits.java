package org.postern.broker.admin;

import java.time.Duration;

/**
 * Every limit of the admin API.
 *
 * @param requestsPerMinute of one administrator or client; enough for a parallel Terraform
 * @param requestsBurst the same, at once
 * @param callersTracked administrators and clients whose rate is remembered
 * @param wrongTokensPerMinute from one address
 * @param addressesTracked addresses whose wrong tokens are remembered
 * @param internalDocumentBytes a whole policy, as it is taken apart to change one thing
 * @param pageDefault things in a page
 * @param pageMax the same, at most
 * @param accessToken how long an access token lives
 * @param credential how long a token or client lives when nobody says
 * @param secondPerson how long a change waits for a second person
 * @param impactAsks how often the engine is asked at most to say what a change does to people
 */
record AdminLimits(
    int requestsPerMinute,
    int requestsBurst,
    int callersTracked,
    int wrongTokensPerMinute,
    int addressesTracked,
    int internalDocumentBytes,
    int pageDefault,
    int pageMax,
    Duration accessToken,
    Duration credential,
    Duration secondPerson,
    long impactAsks) {

  /** What the product ships with. */
  static final AdminLimits DEFAULT =
      new AdminLimits(
          6_000,
          1_000,
          4_096,
          30,
          4_096,
          64 * 1024 * 1024,
          100,
          1_000,
          Duration.ofHours(1),
          Duration.ofDays(90),
          Duration.ofDays(7),
          20_000_000);
}

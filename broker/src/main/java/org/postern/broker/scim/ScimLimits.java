package org.postern.broker.scim;

import java.time.Duration;

/**
 * Every limit of the SCIM server. Past each, the client gets a SCIM error; nothing is cut.
 *
 * @param bodyBytesMax request body; read only after the token was checked
 * @param resourceCharactersMax one stored user or group, members apart
 * @param nameCharactersMax userName, externalId, displayName
 * @param operationsMax operations of one PATCH, paths and values counted apart
 * @param membersMax members that one request may name
 * @param pageMax resources on one page; a client that asks for more gets this many and the total
 * @param pageDefault resources on a page when the client does not say
 * @param scannedMax resources that a filter without an index may look at
 * @param filterCharactersMax a filter
 * @param filterDepthMax parentheses within parentheses of a filter
 * @param schemaBytesMax a custom schema document
 * @param wrongTokensPerMinute requests with a wrong token from one address
 * @param settingsAge how long a changed schema may take to be known at another broker
 * @param statusPause between two writings of what was heard
 * @param bulkOperationsMax operations of one bulk request
 * @param bulksAtOnce bulk requests at work at one broker; more are told to come again, so that
 *     those at work end before their deadline
 * @param bulkPause when to come again
 */
public record ScimLimits(
    int bodyBytesMax,
    int resourceCharactersMax,
    int nameCharactersMax,
    int operationsMax,
    int membersMax,
    int pageMax,
    int pageDefault,
    int scannedMax,
    int filterCharactersMax,
    int filterDepthMax,
    int schemaBytesMax,
    int wrongTokensPerMinute,
    Duration settingsAge,
    Duration statusPause,
    int bulkOperationsMax,
    int bulksAtOnce,
    Duration bulkPause) {

  /** What the product ships with. */
  public static final ScimLimits DEFAULT =
      new ScimLimits(
          16 * 1024 * 1024,
          256 * 1024,
          255,
          10_000,
          100_000,
          1_000,
          100,
          250_000,
          4_096,
          16,
          256 * 1024,
          60,
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          1_000,
          4,
          Duration.ofSeconds(2));
}

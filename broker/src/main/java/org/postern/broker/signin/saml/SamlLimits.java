package org.postern.broker.signin.saml;

import java.time.Duration;

/**
 * Every limit of SAML, besides those of signing in.
 *
 * @param messageBytes a message, decoded and inflated
 * @param depth nesting of elements
 * @param nodes elements, texts and attributes of a message
 * @param metadataBytes a provider's metadata
 * @param metadataNodes the same, in nodes
 * @param keys certificates of a provider, at most so many are tried
 * @param metadataKept how long metadata that cannot be fetched anew is still believed
 * @param requestAge how old a request of a provider may be
 * @param sessionIndexes sessions that one sign-out may name
 */
record SamlLimits(
    int messageBytes,
    int depth,
    int nodes,
    int metadataBytes,
    int metadataNodes,
    int keys,
    Duration metadataKept,
    Duration requestAge,
    int sessionIndexes) {

  /** What the product ships with. */
  static final SamlLimits DEFAULT =
      new SamlLimits(
          256 * 1024,
          32,
          20_000,
          512 * 1024,
          50_000,
          8,
          Duration.ofDays(7),
          Duration.ofMinutes(5),
          64);
}

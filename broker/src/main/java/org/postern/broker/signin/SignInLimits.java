package org.postern.broker.signin;

import java.time.Duration;

/**
 * Every limit of signing in.
 *
 * @param fetchBytesMax answer of an identity provider: discovery, keys, tokens
 * @param fetchDeadline from the name lookup to the last byte of such an answer
 * @param keysMax keys in a provider's key set
 * @param metadataAge how long discovery and keys are used before they are read again
 * @param metadataKept how long they are believed when they cannot be read again
 * @param refetchPause after a failed reading, and between two readings of the keys because of what
 *     tokens claim
 * @param refetchBurst so many such readings may follow each other at once: keys change a moment
 *     after they were read
 * @param clockSkew how far a provider's clock may be off
 * @param signInAge from the first page to the return from the provider
 * @param codeAge one-time code towards the device
 * @param groupsMax groups that a provider may name; more is an error, never cut
 * @param textMax characters of a name, an address or a group
 * @param attributeMax characters of one value of a mapped attribute
 * @param valuesMax values of a mapped attribute
 */
public record SignInLimits(
    int fetchBytesMax,
    Duration fetchDeadline,
    int keysMax,
    Duration metadataAge,
    Duration metadataKept,
    Duration refetchPause,
    int refetchBurst,
    Duration clockSkew,
    Duration signInAge,
    Duration codeAge,
    int groupsMax,
    int textMax,
    int attributeMax,
    int valuesMax) {

  /** The same for another kind of answer. */
  public SignInLimits fetching(int bytesMax, Duration deadline) {
    return new SignInLimits(
        bytesMax,
        deadline,
        keysMax,
        metadataAge,
        metadataKept,
        refetchPause,
        refetchBurst,
        clockSkew,
        signInAge,
        codeAge,
        groupsMax,
        textMax,
        attributeMax,
        valuesMax);
  }

  /** What the product ships with. */
  public static final SignInLimits DEFAULT =
      new SignInLimits(
          512 * 1024,
          Duration.ofSeconds(10),
          64,
          Duration.ofHours(1),
          Duration.ofDays(7),
          Duration.ofSeconds(30),
          4,
          Duration.ofSeconds(60),
          Duration.ofMinutes(10),
          Duration.ofSeconds(60),
          1_000,
          255,
          1_000,
          100);
}

package org.postern.policystore;

/// A stream of security events that a transmitter sends about the people of one identity provider
/// (OpenID SSF 1.0).
///
/// @param name ours, and its id
/// @param provider whose people it is about
/// @param issuer who signs: `iss` of every token
/// @param audience who we are to the transmitter: in `aud` of every token
/// @param keysUrl where the transmitter publishes its keys
/// @param delivery how events come
/// @param streamId the transmitter's own name for it, empty if nobody said
/// @param verifyUrl where the transmitter is asked to send a verification event, empty: nowhere
/// @param access with what we ask the transmitter
public record SignalStream(
    String name,
    String provider,
    String issuer,
    String audience,
    String keysUrl,
    Delivery delivery,
    String streamId,
    String verifyUrl,
    Access access) {

  /// How events come.
  public sealed interface Delivery {
    /// The transmitter calls us (RFC 8935).
    record Push() implements Delivery {}

    /// We call the transmitter (RFC 8936).
    record Poll(String url) implements Delivery {}
  }

  /// With what we ask the transmitter; the secret itself is elsewhere.
  public sealed interface Access {
    /// With nothing.
    record None() implements Access {}

    /// With a bearer token as it is.
    record Bearer() implements Access {}

    /// With an access token that we get as a client (RFC 6749 section 4.4).
    record Client(String tokenUrl, String clientId) implements Access {}
  }
}

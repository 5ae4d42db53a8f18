package org.postern.identity;

/**
 * The name in a certificate of ours: {@code spiffe://TRUST_DOMAIN/KIND/...} (SPIFFE-ID §2).
 *
 * <p>Every part after the trust domain has 1 to 128 characters of {@code A-Z a-z 0-9 . _ -} and is
 * not {@code .} or {@code ..}. There is exactly one spelling of an id: no percent escapes, port,
 * user, query or fragment, so equal strings and equal ids are the same thing.
 */
public sealed interface SpiffeId {
  /** Longest text form, in characters, that {@link #parse} looks at. */
  int MAX_LENGTH = 7 + TrustDomain.MAX_LENGTH + 2 * (1 + SpiffeIdText.MAX_SEGMENT) + 16;

  TrustDomain trustDomain();

  /** The text form, {@code spiffe://...}; {@link #parse} reads it back. */
  @Override
  String toString();

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException when it is not exactly the form of one of the kinds; the
   *     message does not repeat the text, which may come from a stranger
   */
  static SpiffeId parse(String text) {
    return SpiffeIdText.parse(text);
  }

  /** A signed-in user on one device; both ids are opaque and survive renaming. */
  record ClientId(TrustDomain trustDomain, String user, String device) implements SpiffeId {
    public ClientId {
      SpiffeIdText.checkSegment("user id", user);
      SpiffeIdText.checkSegment("device id", device);
    }

    @Override
    public String toString() {
      return SpiffeIdText.of(trustDomain, "client", user, device);
    }
  }

  /** An app connector, member of one connector group. */
  record ConnectorId(TrustDomain trustDomain, String group, String id) implements SpiffeId {
    public ConnectorId {
      SpiffeIdText.checkSegment("connector group", group);
      SpiffeIdText.checkSegment("connector id", id);
    }

    @Override
    public String toString() {
      return SpiffeIdText.of(trustDomain, "connector", group, id);
    }
  }

  /** A broker. */
  record BrokerId(TrustDomain trustDomain, String id) implements SpiffeId {
    public BrokerId {
      SpiffeIdText.checkSegment("broker id", id);
    }

    @Override
    public String toString() {
      return SpiffeIdText.of(trustDomain, "broker", id);
    }
  }

  /** The browser gateway inside a broker, when it acts as a client. */
  record PortalId(TrustDomain trustDomain, String broker) implements SpiffeId {
    public PortalId {
      SpiffeIdText.checkSegment("broker id", broker);
    }

    @Override
    public String toString() {
      return SpiffeIdText.of(trustDomain, "portal", broker);
    }
  }

  /** A program that asks without a user. */
  record WorkloadId(TrustDomain trustDomain, String name) implements SpiffeId {
    public WorkloadId {
      SpiffeIdText.checkSegment("workload name", name);
    }

    @Override
    public String toString() {
      return SpiffeIdText.of(trustDomain, "workload", name);
    }
  }
}

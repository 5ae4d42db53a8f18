package org.postern.policystore.audit;

/// Who did something.
///
/// @param id opaque and stable, empty if there is none
/// @param name as a person knows it; empty if nobody was recognized
public record Actor(Kind kind, String id, String name) {
  private static final int TEXT_MAX = 256;

  /// What kind of somebody.
  public enum Kind {
    /// A person with an admin token or signed in as an administrator.
    ADMINISTRATOR,
    /// A program with client credentials.
    API_CLIENT,
    /// A user of applications.
    USER,
    /// An identity provider that pushes changes.
    PROVIDER,
    /// An app connector.
    CONNECTOR,
    /// The broker itself: clocks and limits.
    SYSTEM,
    /// Somebody who was not recognized.
    STRANGER
  }

  /// The broker itself.
  public static final Actor SYSTEM = new Actor(Kind.SYSTEM, "", "postern");

  /// Somebody who was not recognized.
  public static final Actor STRANGER = new Actor(Kind.STRANGER, "", "");

  /// Cuts what is too long.
  public Actor {
    id = AuditEvent.cut(id, TEXT_MAX);
    name = AuditEvent.cut(name, TEXT_MAX);
  }
}

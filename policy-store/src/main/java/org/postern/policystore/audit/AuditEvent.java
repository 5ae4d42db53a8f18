package org.postern.policystore.audit;

import java.util.Map;
import java.util.TreeMap;

/// Something that was done or tried, to be written down. Values of fields that [AuditFields] does
/// not list as public are masked when they are written; so hand over what there is.
///
/// @param action what was done, `object.verb`, as in `session.revoke`
/// @param objectKind what it was done to, as in `session`
/// @param objectName its id or name
/// @param before fields as they were, by name; empty if there was nothing
/// @param after fields as they are now; empty if there is nothing any more
/// @param detail one line for a person: the reason, or what was refused
/// @param requestId of the HTTPS request, empty outside one
/// @param from the peer's address, empty if there is none
public record AuditEvent(
    Actor actor,
    String action,
    String objectKind,
    String objectName,
    Outcome outcome,
    Map<String, String> before,
    Map<String, String> after,
    String detail,
    String requestId,
    String from) {
  private static final int NAME_MAX = 512;
  private static final int DETAIL_MAX = 4_096;

  /// What came of it.
  public enum Outcome {
    /// It was done.
    DONE,
    /// It was not allowed.
    REFUSED,
    /// It was allowed and did not work.
    FAILED
  }

  /// Sorts and copies the maps, cuts what is too long.
  public AuditEvent {
    objectName = cut(objectName, NAME_MAX);
    detail = cut(detail, DETAIL_MAX);
    before = Map.copyOf(before);
    after = Map.copyOf(after);
  }

  /// Something that was done, without fields.
  public static AuditEvent done(Actor actor, String action, String objectKind, String objectName) {
    return new AuditEvent(
        actor, action, objectKind, objectName, Outcome.DONE, Map.of(), Map.of(), "", "", "");
  }

  /// The same with fields before and after.
  public AuditEvent changing(Map<String, String> old, Map<String, String> now) {
    return new AuditEvent(
        actor, action, objectKind, objectName, outcome, old, now, detail, requestId, from);
  }

  /// The same, but it was not allowed.
  public AuditEvent refused(String why) {
    return with(Outcome.REFUSED, why);
  }

  /// The same, but it did not work.
  public AuditEvent failed(String why) {
    return with(Outcome.FAILED, why);
  }

  /// The same with a line for a person.
  public AuditEvent because(String why) {
    return with(outcome, why);
  }

  private AuditEvent with(Outcome result, String why) {
    return new AuditEvent(
        actor, action, objectKind, objectName, result, before, after, why, requestId, from);
  }

  /// The same in a request.
  public AuditEvent in(String request, String address) {
    return new AuditEvent(
        actor, action, objectKind, objectName, outcome, before, after, detail, request, address);
  }

  /// Texts that are too long end with what was left out, and a digest of all, so that two of them
  /// are only the same if they were.
  static String cut(String text, int max) {
    if (text.length() <= max) {
      return text;
    }
    String left =
        " ... cut here, %d characters in all, SHA-256 %s"
            .formatted(text.length(), Digest.sha256(text));
    int end = max - left.length();
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end)
        + left;
  }

  /// Fields in the order in which they are written and hashed.
  public static Map<String, String> sorted(Map<String, String> fields) {
    return new TreeMap<>(fields);
  }
}

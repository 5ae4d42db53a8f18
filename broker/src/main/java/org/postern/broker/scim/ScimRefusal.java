package org.postern.broker.scim;

import com.unboundid.scim2.common.exceptions.ScimException;
import org.jspecify.annotations.Nullable;

/**
 * A SCIM error on its way to the client (RFC 7644 section 3.12). Unchecked, so that it undoes the
 * transaction in whose midst it is thrown.
 */
final class ScimRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final @Nullable String scimType;

  ScimRefusal(int status, @Nullable String scimType, String detail) {
    super(detail, null, false, false);
    this.status = status;
    this.scimType = scimType;
  }

  static ScimRefusal of(ScimException e) {
    Integer status = e.getScimError().getStatus();
    return new ScimRefusal(
        status == null ? 400 : status,
        e.getScimError().getScimType(),
        String.valueOf(e.getScimError().getDetail()));
  }

  static ScimRefusal invalid(String scimType, String detail) {
    return new ScimRefusal(400, scimType, detail);
  }

  static ScimRefusal tooLarge(String detail) {
    return new ScimRefusal(413, null, detail);
  }

  static ScimRefusal tooMany(String detail) {
    return new ScimRefusal(400, "tooMany", detail);
  }

  static ScimRefusal notFound(String what, String id) {
    return new ScimRefusal(404, null, "there is no " + what + " " + Text.shown(id));
  }

  static ScimRefusal taken(String attribute, String value) {
    return new ScimRefusal(
        409,
        "uniqueness",
        "%s %s is taken (expected: one that no other resource of this provider has)"
            .formatted(attribute, Text.shown(value)));
  }

  int status() {
    return status;
  }

  @Nullable String scimType() {
    return scimType;
  }

  /** The detail; never null. */
  String detail() {
    return String.valueOf(getMessage());
  }
}

package org.postern.broker.signin;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A sign-in that ends here. The detail is for the log: it may name claims, never secrets. */
public final class SignInException extends Exception {
  private static final long serialVersionUID = 1L;

  private final SignInFault fault;
  private final @Nullable String next;

  /** A refusal. */
  public SignInException(SignInFault fault, String detail) {
    super(detail);
    this.fault = fault;
    this.next = null;
  }

  /** A refusal because of something else. */
  public SignInException(SignInFault fault, String detail, Throwable cause) {
    super(detail, cause);
    this.fault = fault;
    this.next = null;
  }

  private SignInException(SignInException same, String next) {
    super(same.getMessage(), same);
    this.fault = same.fault;
    this.next = next;
  }

  /**
   * The same, for the administrator who can mend it.
   *
   * @param todo whole sentences on what to do next
   */
  public SignInException advising(String todo) {
    return new SignInException(this, todo);
  }

  /** Whether this lies behind it. */
  public boolean isBecauseOf(Class<? extends Throwable> kind) {
    return cause(kind).isPresent();
  }

  /** What lies behind it, if it is of that kind. */
  public <T extends Throwable> Optional<T> cause(Class<T> kind) {
    for (Throwable each = getCause(); each != null; each = each.getCause()) {
      if (kind.isInstance(each)) {
        return Optional.of(kind.cast(each));
      }
    }
    return Optional.empty();
  }

  /** What is wrong and what to do next, for the administrator. */
  public String forAdministrator() {
    return getMessage() + ". " + (next == null ? fault.advice() : next);
  }

  /** Why. */
  public SignInFault fault() {
    return fault;
  }
}

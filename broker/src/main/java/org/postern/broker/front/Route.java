package org.postern.broker.front;

import java.util.Optional;

/**
 * One thing that the HTTPS door can be asked. Gate and endpoint run on a virtual thread and may
 * block.
 *
 * @param method GET, POST or DELETE
 * @param path with {@code :name} for parts that vary
 * @param bodyBytesMax body that is read after the gate has let the request pass; 0: a body is
 *     refused
 * @param tooLarge the answer to a larger body; empty: a problem in JSON
 */
public record Route(
    String method,
    String path,
    int bodyBytesMax,
    Gate gate,
    Endpoint endpoint,
    Optional<Reply> tooLarge) {

  /** With the usual answer to a body that is too large. */
  public Route(String method, String path, int bodyBytesMax, Gate gate, Endpoint endpoint) {
    this(method, path, bodyBytesMax, gate, endpoint, Optional.empty());
  }

  /** For browsers: a page when the body is too large, after all of a body of some size was read. */
  public Route whenTooLarge(Reply page) {
    return new Route(method, path, bodyBytesMax, gate, endpoint, Optional.of(page));
  }

  /** Decides from the head alone whether the body is read at all. */
  @FunctionalInterface
  public interface Gate {
    /** Lets everybody pass. */
    Gate OPEN = head -> Optional.empty();

    /** The refusal, or nothing. */
    Optional<Reply> refuse(Head head) throws Exception;

    /** This gate, then another. */
    default Gate then(Gate next) {
      return head -> {
        Optional<Reply> refusal = refuse(head);
        return refusal.isPresent() ? refusal : next.refuse(head);
      };
    }
  }

  /** Answers a request whose body has been read. */
  @FunctionalInterface
  public interface Endpoint {
    /** The answer. An exception is our fault, becomes status 500, and is logged. */
    Reply answer(Head head, byte[] body) throws Exception;
  }

  /** A question without a body. */
  public static Route get(String path, Gate gate, Endpoint endpoint) {
    return new Route("GET", path, 0, gate, endpoint);
  }

  /** A request with a body of at most so many bytes. */
  public static Route post(String path, int bodyBytesMax, Gate gate, Endpoint endpoint) {
    return new Route("POST", path, bodyBytesMax, gate, endpoint);
  }

  /** The removal of what the path names. */
  public static Route delete(String path, Gate gate, Endpoint endpoint) {
    return new Route("DELETE", path, 0, gate, endpoint);
  }

  /** A gate that holds one address to a rate. */
  public static Gate rate(AddressRate rate) {
    return head ->
        rate.tryTake(head.from())
            ? Optional.empty()
            : Optional.of(
                Reply.problem(
                        429,
                        "rate-limited",
                        "Too many requests from your address",
                        "Wait a minute, then try again.")
                    .with("Retry-After", "60"));
  }
}

package org.postern.broker.enroll;

import java.util.List;
import org.postern.tunnel.message.ReasonCode;

/** What became of a request for a new certificate on the control link. */
public sealed interface Renewal {

  /**
   * There it is.
   *
   * @param chainDer leaf first
   */
  record Renewed(List<byte[]> chainDer) implements Renewal {
    /** Copies the list. */
    public Renewed {
      chainDer = List.copyOf(chainDer);
    }
  }

  /** It is not given, and this is what the peer is told. */
  record Refused(ReasonCode reason, String text) implements Renewal {}
}

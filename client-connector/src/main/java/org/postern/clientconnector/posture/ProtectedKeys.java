package org.postern.clientconnector.posture;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Certificates whose key cannot leave its token, looked for by their label. */
@FunctionalInterface
public interface ProtectedKeys {
  /** Nobody looks. */
  ProtectedKeys NOT_EXAMINED =
      labels -> {
        Map<String, Finding> all = new HashMap<>();
        for (String label : labels) {
          all.put(label, new Unknown("PKCS #11 tokens are not examined"));
        }
        return all;
      };

  /** What is known of one label. */
  sealed interface Finding {}

  /**
   * It was looked at.
   *
   * @param there such a certificate is there, and its key was proven to be on a token that never
   *     gave it away and never will
   */
  record Known(boolean there) implements Finding {}

  /**
   * It could not be looked at.
   *
   * @param why for a person
   */
  record Unknown(String why) implements Finding {}

  /** Looks for each; blocks for a short time, called by one thread. */
  Map<String, Finding> find(Set<String> labels);
}

package org.postern.clientconnector.posture;

import java.util.Set;
import org.postern.tunnel.message.PostureFact;

/** Certificates whose key cannot leave its token. */
final class KeyFacts {
  private final Machine machine;

  KeyFacts(Machine machine) {
    this.machine = machine;
  }

  void collect(FactSheet sheet, Set<String> labels) {
    if (labels.isEmpty()) {
      return;
    }
    machine
        .protectedKeys()
        .find(labels)
        .forEach((label, finding) -> {
          switch (finding) {
            case ProtectedKeys.Known(boolean there) ->
                sheet.flag(PostureFact.Kind.KIND_PROTECTED_KEY, label, there);
            case ProtectedKeys.Unknown(String why) ->
                sheet.missing(PostureFact.Kind.KIND_PROTECTED_KEY, label, why);
          }
        });
  }
}

package org.postern.clientconnector.posture;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import org.postern.tunnel.message.PostureFact;

/**
 * Certificates whose key cannot leave the machine. No token is asked for its keys, so that the fact
 * is never known; the reason tells what the machine has.
 */
final class KeyFacts {
  private static final String TPM = "/sys/class/tpm/tpm0";

  private final Machine machine;

  KeyFacts(Machine machine) {
    this.machine = machine;
  }

  void collect(FactSheet sheet, Set<String> labels) {
    if (labels.isEmpty()) {
      return;
    }
    String why = why();
    labels.forEach(label -> sheet.missing(PostureFact.Kind.KIND_PROTECTED_KEY, label, why));
  }

  private String why() {
    if (!Files.exists(machine.at(TPM))) {
      return "this machine shows no TPM, and PKCS #11 tokens are not examined";
    }
    try {
      return switch (machine.text(TPM + "/tpm_version_major").strip()) {
        case "2" -> "this machine has a TPM 2.0, but which keys it holds is not examined";
        default -> "this machine has a TPM older than 2.0, which is not examined";
      };
    } catch (IOException e) {
      return "this machine has a TPM of unknown version, which is not examined";
    }
  }
}

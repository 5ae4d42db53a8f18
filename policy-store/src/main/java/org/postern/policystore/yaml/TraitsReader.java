package org.postern.policystore.yaml;

import java.util.List;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ClientType;

/// Reads what an application is beside its hosts, ports and connector groups.
final class TraitsReader {
  private TraitsReader() {}

  static ApplicationTraits read(Fields fields) {
    ApplicationTraits usual = ApplicationTraits.DEFAULT;
    List<ClientType> exists =
        fields.list("exists", text -> Words.constant(text, ClientType.values()), "");
    if (fields.has("exists")) {
      DocumentReader.requireItems(fields, "exists", "as in [client, browser, workload]");
    }
    ApplicationTraits traits =
        new ApplicationTraits(
            fields.list("labels", Words::label, ""),
            fields
                .optional(
                    "matching", text -> Words.constant(text, ApplicationTraits.Matching.values()))
                .orElse(usual.matching()),
            fields
                .optional(
                    "health", text -> Words.constant(text, ApplicationTraits.HealthMode.values()))
                .orElse(usual.health()),
            exists.isEmpty() ? usual.exists() : exists,
            fields
                .optional("bypass", text -> Words.constant(text, ApplicationTraits.Bypass.values()))
                .orElse(usual.bypass()));
    return traits.equals(usual) ? usual : traits;
  }
}

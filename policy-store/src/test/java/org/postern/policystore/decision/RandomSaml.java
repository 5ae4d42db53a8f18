package org.postern.policystore.decision;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.postern.policystore.IdentityProvider.Saml;
import org.postern.policystore.IdentityProvider.SamlMetadata;
import org.postern.policystore.IdentityProvider.SamlOption;

/// Some SAML provider, for what is written and read again.
final class RandomSaml {
  private RandomSaml() {}

  static Saml of(SplittableRandom random) {
    return new Saml(
        random.nextBoolean()
            ? new SamlMetadata.File("/m.xml")
            : new SamlMetadata.Url("https://idp.example/m?x=y"),
        random.nextBoolean() ? "" : "https://x/saml",
        random.nextBoolean() ? "" : "NameID",
        "",
        "",
        random.nextBoolean() ? Set.of() : Set.of(SamlOption.POST, SamlOption.ENCRYPTED),
        random.nextBoolean() ? List.of() : List.of("https://b.example"),
        random.nextBoolean() ? List.of() : List.of("0a".repeat(32), "b1".repeat(32)));
  }
}

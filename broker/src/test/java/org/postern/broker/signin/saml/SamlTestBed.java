package org.postern.broker.signin.saml;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.postern.identity.ServiceKey;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Attributes;
import org.postern.policystore.IdentityProvider.Audience;
import org.postern.policystore.IdentityProvider.Saml;
import org.postern.policystore.IdentityProvider.SamlMetadata;
import org.postern.policystore.IdentityProvider.SamlOption;
import org.postern.policystore.jdbc.ServiceKeys.State;
import org.w3c.dom.Document;

/** A provider's client whose provider, clock and network are the test's. */
final class SamlTestBed {
  static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  static final URI PUBLIC = URI.create("https://broker.example");
  static final ServiceKey OURS = ServiceKey.generate("broker", NOW);
  static final ServiceKey OURS_BEFORE = ServiceKey.generate("broker", NOW);

  final TestIdp idp = new TestIdp("https://idp.example/saml");
  Instant now = NOW;
  String published = idp.metadata();
  boolean reachable = true;
  int fetched;

  final Outbound outbound =
      request -> {
        fetched++;
        if (!reachable) {
          throw new SignInException(SignInFault.PROVIDER_UNREACHABLE, "off");
        }
        return new Outbound.Answer(200, "application/xml", "", published);
      };

  static IdentityProvider provider(Saml saml) {
    return new IdentityProvider(
        "corp",
        saml,
        List.of("example.com"),
        false,
        Set.of(Audience.USERS),
        new Attributes("groups", Map.of("dept", "department", "id", "NameID")));
  }

  static Saml saml(String subject, SamlOption... options) {
    return new Saml(
        new SamlMetadata.Url("https://idp.example/metadata"),
        "",
        subject,
        "",
        "",
        Set.of(options),
        List.of());
  }

  SamlProvider client(Saml saml) {
    SamlSettings settings =
        new SamlSettings(
            PUBLIC,
            () ->
                new ServiceKeyRing.Keys(
                    OURS,
                    List.of(
                        new ServiceKeyRing.Entry("a", State.ACTIVE, OURS),
                        new ServiceKeyRing.Entry("b", State.PREVIOUS, OURS_BEFORE))),
            outbound,
            SignInLimits.DEFAULT,
            SamlLimits.DEFAULT,
            () -> now);
    return new SamlProvider(provider(saml), saml, Set.of(), settings);
  }

  ServicePlaces places() {
    return client(saml("")).places();
  }

  Document response(Consumer<TestIdp.Words> change) throws Exception {
    return idp.response(now, places(), change);
  }

  byte[] signed(Consumer<TestIdp.Words> change) throws Exception {
    return TestIdp.bytes(idp.signedAssertion(response(change)));
  }
}

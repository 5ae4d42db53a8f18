package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.opensaml.saml.saml2.core.AuthnContextComparisonTypeEnumeration;
import org.opensaml.saml.saml2.core.AuthnRequest;

/** What we ask a provider for. */
final class RequestsTest {
  private static AuthnRequest request(Requests.Wanted wanted) {
    OpenSaml.start();
    return Requests.authn(
        "_r",
        SamlTestBed.NOW,
        URI.create("https://idp.example/sso"),
        new SamlTestBed().places(),
        true,
        wanted);
  }

  @Test
  void usualRequestDemandsNothing() {
    AuthnRequest usual = request(new Requests.Wanted(false, ""));
    assertThat(usual.isForceAuthn()).isFalse();
    assertThat(usual.getRequestedAuthnContext()).isNull();
  }

  @Test
  void newProofAndContextAreAskedForExactly() {
    AuthnRequest strong = request(new Requests.Wanted(true, "urn:mfa"));
    assertThat(strong.isForceAuthn()).isTrue();
    assertThat(strong.getRequestedAuthnContext().getComparison())
        .isEqualTo(AuthnContextComparisonTypeEnumeration.EXACT);
    assertThat(strong.getRequestedAuthnContext().getAuthnContextClassRefs())
        .extracting(reference -> reference.getURI())
        .containsExactly("urn:mfa");
  }
}

package org.postern.broker.signin.oidc;

import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.postern.broker.signin.SignIn;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;

/** Reads what a provider says of itself, and says exactly what is wrong with it. */
final class DiscoveryCheck {
  private static final List<String> ENDPOINTS =
      List.of("authorization_endpoint", "token_endpoint", "jwks_uri");
  private static final int BEGINNING = 40;

  private DiscoveryCheck() {}

  static OIDCProviderMetadata read(String body, String issuer) throws SignInException {
    Map<String, Object> said;
    try {
      said = JsonOnce.object(body, "discovery");
    } catch (SignInException e) {
      throw wrong(
              e.getMessage()
                  + "; it begins with "
                  + SignIn.printable(body.substring(0, Math.min(BEGINNING, body.length()))))
          .advising(
              "The issuer may be the address of a page for people: copy it from the provider's"
                  + " OpenID Connect settings.");
    }
    Object named = said.get("issuer");
    if (!issuer.equals(named)) {
      throw wrong("discovery names issuer %s (expected: %s)".formatted(named, issuer))
          .advising("If that is your provider, write its name exactly so: issuer: " + named);
    }
    List<String> missing = new ArrayList<>(ENDPOINTS);
    missing.removeIf(each -> said.get(each) instanceof String);
    if (!missing.isEmpty()) {
      throw wrong("discovery lacks " + String.join(", ", missing))
          .advising("The provider must offer the authorization code flow of OpenID Connect.");
    }
    try {
      return OIDCProviderMetadata.parse(body);
    } catch (ParseException e) {
      throw wrong("discovery cannot be read: " + e.getMessage())
          .advising("Show this to whoever runs the provider.");
    }
  }

  private static SignInException wrong(String detail) {
    return new SignInException(SignInFault.PROVIDER_MISCONFIGURED, detail);
  }
}

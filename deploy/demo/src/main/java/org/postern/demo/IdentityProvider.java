package org.postern.demo;

import java.io.IOException;
import java.net.InetAddress;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.OAuth2Config;
import no.nav.security.mock.oauth2.http.Route;

/** A development identity provider with a login page that believes everybody. */
final class IdentityProvider {

  /** Serves until the process ends. */
  void serve(Layout layout) throws IOException {
    new MockOAuth2Server(new OAuth2Config(true), new Route[0])
        .start(InetAddress.ofLiteral(layout.issuerAddress()), layout.issuerPort());
  }
}

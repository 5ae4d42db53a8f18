package org.postern.broker;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.identity.CertificateAuthority;
import org.postern.policystore.jdbc.SnapshotStore;

/** What the broker says of itself to anybody who asks. */
final class Introduction {
  private final CertificateAuthority authority;
  private final SnapshotStore policy;
  private final URI url;

  Introduction(CertificateAuthority authority, SnapshotStore policy, URI url) {
    this.authority = authority;
    this.policy = policy;
    this.url = url;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/healthz", Route.Gate.OPEN, (head, body) -> health()),
        Route.get("/.well-known/postern", Route.Gate.OPEN, (head, body) -> wellKnown()));
  }

  private Reply health() {
    return Reply.json(200, Map.of("status", "up", "policyVersion", policy.current().version()));
  }

  private Reply wellKnown() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("trustDomain", authority.trustDomain().name());
    body.put("caPem", authority.trust().pem());
    body.put("tunnel", Map.of("host", url.getHost(), "port", portOf(url)));
    body.put("oidc", !policy.current().configuration().identityProviders().isEmpty());
    return Reply.json(200, body);
  }

  static int portOf(URI url) {
    return url.getPort() > 0 ? url.getPort() : 443;
  }
}

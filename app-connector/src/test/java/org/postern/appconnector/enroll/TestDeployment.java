package org.postern.appconnector.enroll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.CsrRefusedException;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/** A deployment's CA and the JSON answers of its broker. */
public final class TestDeployment {
  public static final String KEY = "pk_right-key";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final TrustDomain domain = new TrustDomain("corp.test");
  private final CertificateAuthority authority =
      CertificateAuthority.create(domain, InstantSource.system());

  private String tunnelHost = "tunnel.test";
  private int tunnelPort = 8443;

  /** Where the broker says that its tunnel door is. */
  public void tunnelAt(String host, int port) {
    tunnelHost = host;
    tunnelPort = port;
  }

  public CertificateAuthority authority() {
    return authority;
  }

  public String fingerprint() {
    return authority.trust().rootFingerprints().getFirst();
  }

  public SslContext doorTls() {
    return WebTls.server(
        authority.issueServerName(List.of("127.0.0.1"), Duration.ofDays(1)), "http/1.1");
  }

  /** What a broker does. */
  public String answer(String path, String body) {
    if (path.equals("/.well-known/postern")) {
      ObjectNode json =
          JSON.createObjectNode()
              .put("trustDomain", domain.name())
              .put("caPem", authority.trust().pem());
      json.putObject("tunnel").put("host", tunnelHost).put("port", tunnelPort);
      return "200\n" + json;
    }
    try {
      JsonNode request = JSON.readTree(body);
      if (!path.equals("/enroll/connector")
          || !request.path("provisioning_key").asText().equals(KEY)) {
        return "403\n{\"title\":\"refused\",\"detail\":\"this key is of no use\"}";
      }
      ObjectNode json = JSON.createObjectNode().put("connector_id", "c1").put("group", "vpc-a");
      ArrayNode chain = json.putArray("chain");
      byte[] csr = Base64.getDecoder().decode(request.path("csr").asText());
      for (byte[] der :
          authority.issue(csr, new ConnectorId(domain, "vpc-a", "c1"), Duration.ofDays(7)).der()) {
        chain.add(Base64.getEncoder().encodeToString(der));
      }
      return "200\n" + json;
    } catch (IOException | CsrRefusedException e) {
      return "422\n{\"detail\":\"bad request\"}";
    }
  }
}

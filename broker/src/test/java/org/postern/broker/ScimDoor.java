package org.postern.broker;

import com.fasterxml.jackson.databind.JsonNode;
import com.unboundid.scim2.client.ScimService;
import com.unboundid.scim2.common.utils.JsonUtils;
import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.ClientBuilder;
import jakarta.ws.rs.client.ClientRequestFilter;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import org.glassfish.jersey.client.ClientConfig;
import org.glassfish.jersey.jnh.connector.JavaNetHttpConnectorProvider;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/** A provider's SCIM client: the real library, and raw requests as they were recorded. */
final class ScimDoor implements AutoCloseable {
  private final BrokerUnderTest broker;
  private final String provider;
  private final Client client;
  final ScimService service;
  private String token;

  ScimDoor(BrokerUnderTest broker, String provider) throws Exception {
    this.broker = broker;
    this.provider = provider;
    this.token = newToken(broker, provider);
    TrustBundle trust =
        TrustBundle.fromPem(
            new TrustDomain("postern.internal"),
            Files.readString(broker.dataDir.resolve("ca.pem")));
    this.client =
        ClientBuilder.newBuilder()
            .withConfig(new ClientConfig().connectorProvider(new JavaNetHttpConnectorProvider()))
            .sslContext(WebTls.client(trust))
            .build();
    client.register(
        (ClientRequestFilter)
            request -> request.getHeaders().putSingle("Authorization", "Bearer " + token));
    this.service = new ScimService(client.target(broker.url("/scim/v2/" + provider)));
  }

  static String newToken(BrokerUnderTest broker, String provider) throws Exception {
    HttpResponse<String> made =
        broker.admin(
            "POST",
            "/admin/v1/scim/tokens",
            "{\"provider\":\"%s\",\"expiresSeconds\":0}".formatted(provider));
    if (made.statusCode() != 201) {
      throw new AssertionError(made.body());
    }
    return BrokerUnderTest.JSON.readTree(made.body()).path("token").asText();
  }

  String token() {
    return token;
  }

  void use(String another) {
    token = another;
  }

  /** An answer, with its body as JSON. */
  record Answer(int status, JsonNode body, HttpResponse<String> http) {
    String etag() {
      return http.headers().firstValue("ETag").orElse("");
    }
  }

  Answer send(String method, String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        broker
            .request("/scim/v2/" + provider + path)
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/scim+json")
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    HttpResponse<String> http = broker.send(request.build());
    JsonNode json =
        http.body().isEmpty()
            ? JsonUtils.getJsonNodeFactory().objectNode()
            : JsonUtils.getObjectReader().readTree(http.body());
    return new Answer(http.statusCode(), json, http);
  }

  String newUser(String userName) throws Exception {
    Answer answer =
        send(
            "POST",
            "/Users",
            """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%s","active":true}
            """
                .formatted(userName));
    if (answer.status() != 201) {
      throw new AssertionError(answer.http().body());
    }
    return answer.body().path("id").asText();
  }

  String newGroup(String name, String... members) throws Exception {
    StringBuilder list = new StringBuilder();
    for (String member : members) {
      list.append(list.isEmpty() ? "" : ",").append("{\"value\":\"").append(member).append("\"}");
    }
    Answer answer =
        send(
            "POST",
            "/Groups",
            """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"%s",
             "members":[%s]}
            """
                .formatted(name, list));
    if (answer.status() != 201) {
      throw new AssertionError(answer.http().body());
    }
    return answer.body().path("id").asText();
  }

  @Override
  public void close() {
    client.close();
  }
}

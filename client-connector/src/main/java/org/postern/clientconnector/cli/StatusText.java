package org.postern.clientconnector.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.link.TunnelStatus;
import org.postern.clientconnector.local.intercept.InterceptionStatus;
import org.postern.tunnel.message.AccessRequest;

/** The state of everything as one line of JSON; written by hand to keep the process small. */
final class StatusText {
  private static final JsonFactory JSON = new JsonFactory();

  private StatusText() {}

  static String json(
      TunnelStatus tunnel,
      @Nullable InterceptionStatus transparent,
      List<AccessRequest> requests,
      String proxy)
      throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.writeStartObject();
      out.writeStringField("proxy", proxy);
      tunnel(out, tunnel);
      Questions.list(out, requests);
      if (transparent != null) {
        transparent(out, transparent);
      }
      out.writeEndObject();
    }
    return text.toString();
  }

  private static void tunnel(JsonGenerator out, TunnelStatus tunnel) throws IOException {
    out.writeObjectFieldStart("tunnel");
    out.writeBooleanField("linked", tunnel.linked());
    out.writeStringField("broker", tunnel.broker());
    out.writeStringField("linkText", tunnel.linkText());
    out.writeStringField("linkReason", tunnel.linkReason());
    out.writeStringField("user", tunnel.user());
    out.writeStringField("session", tunnel.session());
    out.writeNumberField("sessionExpiresMillis", tunnel.sessionExpiresMillis());
    out.writeNumberField("certificateExpiresMillis", tunnel.certificateExpiresMillis());
    out.writeNumberField("lanes", tunnel.lanes());
    out.writeArrayFieldStart("flows");
    for (TunnelStatus.FlowLine flow : tunnel.flows()) {
      out.writeStartObject();
      out.writeStringField("target", flow.target());
      out.writeStringField("transport", flow.transport());
      out.writeStringField("state", flow.state());
      out.writeStringField("decisionId", flow.decisionId());
      out.writeNumberField("startedMillis", flow.startedMillis());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("ended");
    for (TunnelStatus.EndLine end : tunnel.ended()) {
      out.writeStartObject();
      out.writeStringField("target", end.target());
      out.writeStringField("reason", end.reason());
      out.writeStringField("text", end.text());
      out.writeStringField("decisionId", end.decisionId());
      out.writeNumberField("atMillis", end.atMillis());
      out.writeEndObject();
    }
    out.writeEndArray();
    posture(out, tunnel.posture());
    out.writeEndObject();
  }

  private static void posture(JsonGenerator out, TunnelStatus.Posture posture) throws IOException {
    out.writeObjectFieldStart("posture");
    out.writeArrayFieldStart("profiles");
    for (TunnelStatus.ProfileLine profile : posture.profiles()) {
      out.writeStartObject();
      out.writeStringField("name", profile.name());
      out.writeStringField("result", profile.result());
      out.writeStringField("text", profile.text());
      out.writeBooleanField("inGrace", profile.inGrace());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("facts");
    for (TunnelStatus.FactLine fact : posture.facts()) {
      out.writeStartObject();
      out.writeStringField("kind", fact.kind());
      out.writeStringField("subject", fact.subject());
      out.writeStringField("value", fact.value());
      out.writeStringField("missing", fact.missing());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void transparent(JsonGenerator out, InterceptionStatus status) throws IOException {
    out.writeObjectFieldStart("transparent");
    out.writeStringField("interface", status.interfaceName());
    out.writeStringField("range", status.range());
    out.writeStringField("ipv6Range", status.ipv6Range());
    out.writeStringField("ipv6Off", status.ipv6Off());
    out.writeStringField("resolverAddress", status.resolverAddress());
    out.writeStringField("resolver", status.resolver());
    out.writeNumberField("names", status.names());
    out.writeNumberField("tcpConnections", status.tcpConnections());
    out.writeNumberField("udpFlows", status.udpFlows());
    out.writeNumberField("questions", status.questions());
    out.writeEndObject();
  }
}

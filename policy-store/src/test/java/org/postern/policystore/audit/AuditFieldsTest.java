package org.postern.policystore.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.postern.policystore.yaml.PolicyParser;

class AuditFieldsTest {
  private static final Set<String> SECRET = Set.of("identity-providers/clientSecret");

  /// A field of the grammar that nobody classified would be masked, and the log could not be read.
  @Test
  void everyFieldOfThePolicyDocumentIsClassified() throws Exception {
    Set<String> masked = new TreeSet<>();
    try (InputStream in =
        Objects.requireNonNull(
            PolicyParser.class.getResourceAsStream(
                "/org/postern/policystore/postern.schema.json"))) {
      JsonNode schema = new ObjectMapper().readTree(in);
      for (var kind : schema.path("properties").properties()) {
        JsonNode item = resolved(schema, kind.getValue().path("items"));
        String word = kind.getKey().replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT);
        for (var field : item.path("properties").properties()) {
          if (!AuditFields.isPublic(word, field.getKey())) {
            masked.add(word + "/" + field.getKey());
          }
        }
      }
    }
    assertThat(masked).as("classify new fields in AuditFields, or here").isEqualTo(SECRET);
  }

  private static JsonNode resolved(JsonNode schema, JsonNode node) {
    String reference = node.path("$ref").asText();
    return reference.isEmpty() ? node : schema.at(reference.substring(1));
  }
}

package org.postern.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The contract itself, and the reference page that is made of it. */
final class ContractTest {
  private static final Path PAGE = Path.of("../docs/api.md");

  private final Contract contract = Contract.load();

  @Test
  void everyOperationSaysWhatItNeedsAndHowMuchItReads() {
    Set<String> ids = new HashSet<>();
    for (Contract.Operation operation : contract.operations()) {
      assertThat(ids.add(operation.id())).as(operation.id()).isTrue();
      assertThat(operation.byLabel() && operation.readsOnly()).as(operation.id()).isFalse();
      assertThat(operation.permission())
          .as(operation.id())
          .matches("public|self|[a-z-]+:(read|write|approve)");
      if (operation.method().equals("GET")) {
        assertThat(operation.permission()).as(operation.id()).matches("public|self|.*:read");
      } else if (!operation.readsOnly() && !operation.permission().equals("public")) {
        assertThat(operation.permission()).as(operation.id()).matches(".*:(write|approve)");
      }
    }
    assertThat(ids).hasSizeGreaterThan(50);
  }

  @Test
  void everyListComesInPages() {
    int lists = 0;
    for (var path : contract.document().path("paths").properties()) {
      for (var operation : path.getValue().properties()) {
        JsonNode schema =
            operation.getValue().at("/responses/200/content/application~1json/schema/$ref");
        if (schema.asText().endsWith("/List")) {
          lists += 1;
          String parameters = operation.getValue().path("parameters").toString();
          assertThat(parameters)
              .as(path.getKey())
              .contains("parameters/Limit")
              .contains("parameters/Cursor");
        }
      }
    }
    assertThat(lists).isGreaterThan(30);
  }

  @Test
  void everyReferenceInTheDocumentLeadsSomewhere() {
    JsonNode document = contract.document();
    for (JsonNode reference : document.findValues("$ref")) {
      assertThat(document.at(reference.asText().substring(1)).isMissingNode())
          .as(reference.asText())
          .isFalse();
    }
    assertThat(document.toString()).doesNotContain("{kind}").doesNotContain("x-body-type");
  }

  @Test
  void referencePageIsTheContract() throws IOException {
    String page = page();
    if (Boolean.getBoolean("postern.write")) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE))
        .as("docs/api.md is stale: run this test with -Dpostern.write=true")
        .isEqualTo(page);
  }

  private String page() {
    StringBuilder page =
        new StringBuilder(
            """
            # The admin API

            Made from the OpenAPI document, which a broker serves at `/admin/v1/openapi.json`; do not edit.

            """);
    page.append(contract.document().path("info").path("description").asText()).append("\n\n");
    page.append(
        "Authorization: `Bearer` with an admin token, or with an access token of an API client.\n");
    Map<String, StringBuilder> byTag = new TreeMap<>();
    for (var path : contract.document().path("paths").properties()) {
      for (String method : new String[] {"get", "post", "put", "delete"}) {
        JsonNode operation = path.getValue().path(method);
        if (!operation.isMissingNode()) {
          byTag
              .computeIfAbsent(operation.path("tags").get(0).asText(), tag -> new StringBuilder())
              .append(
                  "| %s | `%s` | %s%s | %s |\n"
                      .formatted(
                          method.toUpperCase(java.util.Locale.ROOT),
                          path.getKey(),
                          operation.path("x-permission").asText(),
                          operation.path("x-by-label").asBoolean() ? ", by label" : "",
                          operation.path("summary").asText()));
        }
      }
    }
    byTag.forEach((tag, lines) ->
        page.append("\n## ")
            .append(tag)
            .append("\n\n| | path | needs | |\n|---|---|---|---|\n")
            .append(lines));
    return page.toString();
  }
}

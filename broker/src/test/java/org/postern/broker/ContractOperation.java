package org.postern.broker;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One operation of the contract that the broker publishes.
 *
 * @param method in capitals
 * @param path with {@code {name}} for parts that vary
 * @param told what the contract says of it
 * @param whole what it says of the path
 */
record ContractOperation(String method, String path, JsonNode told, JsonNode whole) {
  private static final Set<String> METHODS = Set.of("get", "post", "put", "delete");

  /** The contract, as whoever asks is told of it. */
  static JsonNode contract(AdminCaller asking) throws Exception {
    return asking.call("GET", "/admin/v1/openapi.json", "").json();
  }

  /** All operations of a contract. */
  static List<ContractOperation> all(JsonNode contract) {
    List<ContractOperation> all = new ArrayList<>();
    for (var path : contract.path("paths").properties()) {
      for (var method : path.getValue().properties()) {
        if (METHODS.contains(method.getKey())) {
          all.add(
              new ContractOperation(
                  method.getKey().toUpperCase(Locale.ROOT),
                  path.getKey(),
                  method.getValue(),
                  path.getValue()));
        }
      }
    }
    return all;
  }

  String permission() {
    return told.path("x-permission").asText();
  }

  boolean isPublic() {
    return permission().equals("public");
  }

  boolean onlyReads() {
    return method.equals("GET") || told.path("x-reads-only").asBoolean();
  }

  /** The path with parts that name nothing that is there. */
  String idle() {
    return path.replace("{version}", "999999").replaceAll("[{][a-z]+}", "zz-nothing");
  }
}

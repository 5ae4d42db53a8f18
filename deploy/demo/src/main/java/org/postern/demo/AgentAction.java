package org.postern.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** Something that an agent can do. */
interface AgentAction {
  /** Does it; blocking. */
  Map<String, ?> run(JsonNode with) throws Exception;
}

package org.postern.demo;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What exists inside the VPC only: its resolver and its web applications. */
final class DemoApplications {
  private final Layout layout;
  private final Wiki wiki;
  private final Wiki payroll;

  DemoApplications(Layout layout, LongSupplier nanoTime) {
    this.layout = layout;
    this.wiki = new Wiki("The wiki of the private network", nanoTime);
    this.payroll = new Wiki("Payroll: for the finance group alone", nanoTime);
  }

  void serve() throws IOException {
    new DnsResponder(layout.vpcNames()).serve(layout.vpcDns());
    wiki.serve(layout.wiki());
    payroll.serve(layout.payroll());
  }

  Map<String, AgentAction> actions() {
    return Map.of(
        "ticksEnded",
        with -> {
          @Nullable Long ended = wiki.ticksEnded(with.path("name").asText());
          Map<String, Object> answer = new HashMap<>();
          if (ended != null) {
            answer.put("endedNanos", ended);
          }
          return answer;
        });
  }
}

package org.postern.policystore.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;

/// Documents that are nearly right, and noise: the door answers, never throws, and what it lets in
/// survives being written and read.
class PolicyParserFuzzTest {
  private static final String SEED_DOCUMENT =
      """
      version: 1
      domains: [corp.internal]
      connectorGroups: [{name: vpc-a}]
      applications:
        - name: payments
          hosts: [payments.corp.internal, "*.pay.corp.internal", 10.20.0.0/16, "fd00::/8"]
          tcp: [443, 8000-8100]
          udp: [53]
          connectorGroups: [vpc-a]
          idleTimeout: 30m
      groups: [{name: staff, members: [alice@example.com]}]
      rules:
        - {name: r, action: allow, applications: [payments], groups: [staff], users: [b@c.d]}
      tests:
        - {name: staff pay, expect: allow, host: payments.corp.internal, port: 443, groups: [staff]}
      identityProviders: [{name: corp, issuer: "https://x", clientId: c, clientSecretEnv: E}]
      """;
  private static final List<String> PIECES =
      List.of(
          ": ", "- ", "[", "]", "{", "}", ",", "\"", "'", "*", "&", "!", "|", ">", "\n", "  ", "#",
          "%", "@", "`", "~", "null", "---", "...", "\t", "\\", "\u0000", "\ud800", "é", "1", "-1",
          "<<", "?", "version", "rules", "0x1", "::", "/");

  @Test
  void mutatedDocumentsAreAnswered() {
    long seed = Long.getLong("postern.test.seed", 20260301);
    SplittableRandom random = new SplittableRandom(seed);
    PolicyParser parser = new PolicyParser(PolicyLimits.DEFAULT);
    int accepted = 0;
    for (int i = 0; i < 6_000; i++) {
      StringBuilder text = new StringBuilder(SEED_DOCUMENT);
      int edits = 1 + random.nextInt(4);
      for (int edit = 0; edit < edits; edit++) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(4)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
          case 2 -> text.setCharAt(at, (char) random.nextInt(32, 127));
          default -> text.delete(at, Math.min(text.length(), at + random.nextInt(1, 30)));
        }
      }
      try {
        accepted += check(parser, text.toString());
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ", round " + i + ":\n" + text, e);
      }
    }
    assertThat(accepted).as("some mutations are harmless").isPositive();
  }

  private static int check(PolicyParser parser, String text) {
    return switch (parser.parse(text)) {
      case PolicyParser.Result.Failed(List<PolicyError> errors) -> {
        assertThat(errors).isNotEmpty();
        for (PolicyError error : errors) {
          assertThat(error.line()).isPositive();
          assertThat(error.column()).isPositive();
          assertThat(error.message()).isNotBlank().doesNotContain("\n");
        }
        yield 0;
      }
      case PolicyParser.Result.Parsed(PolicyDocument document) -> {
        checkRoundTrip(parser, document.over(PolicyConfiguration.EMPTY));
        yield 1;
      }
    };
  }

  private static void checkRoundTrip(PolicyParser parser, PolicyConfiguration read) {
    switch (parser.parse(PolicyWriter.write(read))) {
      case PolicyParser.Result.Parsed(PolicyDocument again) ->
          assertThat(again.over(PolicyConfiguration.EMPTY)).isEqualTo(read);
      // A part of a document may name what it does not define; the whole may not.
      case PolicyParser.Result.Failed failed ->
          assertThat(failed.errors().toString()).contains("unknown");
    }
  }
}

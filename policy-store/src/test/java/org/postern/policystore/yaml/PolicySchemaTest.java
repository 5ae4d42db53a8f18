package org.postern.policystore.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.policystore.PolicyLimits;

/// Editors (by the schema) and the parser agree on what is well formed. What needs more than one
/// place of a document (references, overlaps) only the parser knows.
class PolicySchemaTest {
  private final MiniSchema schema = new MiniSchema(readSchema());
  private final YAMLMapper yaml = new YAMLMapper();

  private static JsonNode readSchema() {
    try (InputStream in =
        Objects.requireNonNull(
            PolicyParser.class.getResourceAsStream(
                "/org/postern/policystore/postern.schema.json"))) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean parserAccepts(String text) {
    return new PolicyParser(PolicyLimits.DEFAULT).parse(text) instanceof PolicyParser.Result.Parsed;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version: 1",
        "{version: 1, domains: [corp.internal], groups: [{name: Domain Admins}]}",
        "{version: 1, applications: [{name: a, hosts: [a.b, '*.c', 10.0.0.0/8, 'fd00::/8'],"
            + " tcp: [1, 2-3], connectorGroups: [g], idleTimeout: 5m, lanePerFlow: true}]}",
        "{version: 1, applications: [{name: a, hosts: [x], udp: [53], connectorGroups: [g]}]}",
        "{version: 1, rules: [{name: r, action: deny, applications: [a], anyone: true}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [a], users: [a@b.c],"
            + " groups: [g]}]}",
        "{version: 1, identityProviders: [{name: p, issuer: 'https://x', clientId: c,"
            + " clientSecretFile: /run/secret, domains: [example.com]}]}",
        "{version: 1, identityProviders: [{name: p, saml: {metadataUrl: 'http://md.example/all',"
            + " metadataSigners:"
            + " ['00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff',"
            + " 'ff:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff']}}]}",
        "{version: 1, applications: [{name: a, hosts: ['db-*.b', 'a?.c'], tcp: [1],"
            + " connectorGroups: [g], labels: [env=prod], matching: inclusive, health: on-access,"
            + " exists: [client, browser], bypass: on-trusted-network}]}",
        "{version: 1, applicationGroups: [{name: ag, applications: [a]}],"
            + " trustedNetworks: [{name: office, sources: [192.0.2.0/24]}]}",
        "{version: 1, postureProfiles: [{name: p, platforms: [linux, macos], diskEncrypted: true,"
            + " os: [debian 12, arch], kernelAtLeast: '6.1', processes: [{path: /opt/edr}],"
            + " screenLockWithin: 10m, maxAge: 30m, grace: 5m}]}",
        "{version: 1, rules: [{name: r, action: step-up, labels: [env=prod], workloads: [w],"
            + " stepUp: {maxAge: 1h, methods: [hwk]}, when: [{platforms: [linux]},"
            + " {not: true, countries: [US]}, {attribute: dept, values: [a]},"
            + " {times: ['mon-fri 08:00-18:00 Europe/Berlin']}, {authenticationAge: 8h}],"
            + " enforcePercent: 10, message: Hello, expires: '2030-01-01T00:00:00Z'}]}",
        "{version: 1, connectorGroups: [{name: g}], serverGroups: [{name: s, servers: [10.0.0.1,"
            + " 'b.c:8443', '[2001:db8::2]:1', '2001:db8::1'], connectorGroups: [g]},"
            + " {name: d, dynamic: true, connectorGroups: [g]}], applications: [{name: a,"
            + " hosts: [a.b], tcp: [1], serverGroups: [d, s]}]}",
        "{version: 1, tests: [{name: staff pay, expect: step-up, rule: r, host: a.b, port: 443,"
            + " transport: udp, at: '2026-03-27T12:00:00Z', user: a@b.c, groups: [Domain Admins],"
            + " attributes: {dept: [a]}, methods: [otp], context: x, platform: linux,"
            + " clientType: browser, posture: [p=false], source: '::1', trustedNetworks: [],"
            + " country: DE, risk: low}]}",
        "{version: 1, sessionRules: [{name: s, anyApplication: true, anyone: true, maxAge: 12h,"
            + " mode: report-only}],"
            + " forwardingRules: [{name: f, applicationGroups: [ag], anyone: true,"
            + " forwarding: bypass}]}"
      })
  void goodDocumentIsGoodForBoth(String text) throws IOException {
    assertThat(schema.check(yaml.readTree(text))).isEmpty();
    assertThat(parserAccepts(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{version: 2}",
        "{version: 1, ruls: []}",
        "{version: 1, postureProfiles: [{name: p, platforms: [linux]}]}",
        "{version: 1, postureProfiles: [{name: p, platforms: [], firewallOn: true}]}",
        "{version: 1, postureProfiles: [{name: p, platforms: [beos], firewallOn: true}]}",
        "{version: 1, postureProfiles: [{name: p, platforms: [linux], firewallOn: false}]}",
        "{version: 1, postureProfiles: [{name: p, platforms: [linux], files: [{path: etc}]}]}",
        "{version: 1, postureProfiles: [{name: p, platforms: [linux], os: [Debian]}]}",
        "{version: 1, postureProfiles: [{name: p, platforms: [linux], processes: [{path: /a,"
            + " sha256: [12ab]}]}]}",
        "{version: 1, rules: {}}",
        "{version: 1, domains: ['*.x']}",
        "{version: 1, domains: [a.b, a.b]}",
        "{version: 1, connectorGroups: [{name: UPPER}]}",
        "{version: 1, connectorGroups: [{}]}",
        "{version: 1, groups: [{name: g, members: [nobody]}]}",
        "{version: 1, groups: [{name: ' g'}]}",
        "{version: 1, applications: [{name: a, hosts: [a.b], connectorGroups: [g]}]}",
        "{version: 1, applications: [{name: a, hosts: [a.b], tcp: [], connectorGroups: [g]}]}",
        "{version: 1, applications: [{name: a, hosts: [], tcp: [1], connectorGroups: [g]}]}",
        "{version: 1, applications: [{name: a, hosts: ['a.b*'], tcp: [1], connectorGroups: [g]}]}",
        "{version: 1, applications: [{name: a, hosts: [1.2.3], tcp: [1], connectorGroups: [g]}]}",
        "{version: 1, applications: [{name: a, hosts: [a.b], tcp: [0], connectorGroups: [g]}]}",
        "{version: 1, applications: [{name: a, hosts: [a.b], tcp: [x], connectorGroups: [g]}]}",
        "{version: 1, applications: [{name: a, hosts: [a.b], tcp: [1], connectorGroups: []}]}",
        "{version: 1, applications: [{name: a, hosts: [a.b], tcp: [1]}]}",
        "{version: 1, serverGroups: [{name: s, connectorGroups: [g]}]}",
        "{version: 1, serverGroups: [{name: s, servers: [], connectorGroups: [g]}]}",
        "{version: 1, serverGroups: [{name: s, dynamic: true}]}",
        "{version: 1, serverGroups: [{name: s, dynamic: true, servers: [a.b],"
            + " connectorGroups: [g]}]}",
        "{version: 1, serverGroups: [{name: s, servers: ['a.b:0'], connectorGroups: [g]}]}",
        "{version: 1, applications: [{name: a, hosts: [a.b], tcp: [1], connectorGroups: [g],"
            + " idleTimeout: 30}]}",
        "{version: 1, rules: [{name: r, action: maybe, applications: [a], anyone: true}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [a]}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [a], anyone: false}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [a], anyone: true,"
            + " groups: [g]}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [], anyone: true}]}",
        "{version: 1, identityProviders: [{name: p, clientId: c}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [a], anyone: true,"
            + " when: [{platforms: [linux], countries: [DE]}]}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [a], anyone: true,"
            + " when: [{platforms: [plan9]}]}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [a], anyone: true,"
            + " when: [{}]}]}",
        "{version: 1, rules: [{name: r, action: allow, applications: [a], anyone: true,"
            + " enforcePercent: 100}]}",
        "{version: 1, sessionRules: [{name: s, anyApplication: true, anyone: true}]}",
        "{version: 1, tests: [{name: t, expect: allow, host: a.b}]}",
        "{version: 1, tests: [{name: t, expect: allow, host: '*.b', port: 1}]}",
        "{version: 1, tests: [{name: t, expect: yes please, host: a.b, port: 1}]}",
        "{version: 1, tests: [{name: t, expect: allow, host: a.b, port: 70000}]}",
        "{version: 1, tests: [{name: t, expect: allow, host: a.b, port: 1, posture: [P]}]}",
        "{version: 1, tests: [{name: t, expect: allow, host: a.b, port: 1,"
            + " attributes: {9x: [a]}}]}",
        "{version: 1, identityProviders: [{name: p, issuer: ftp://x, clientId: c}]}",
        "{version: 1, identityProviders: [{name: p, saml: {metadata: m, metadataSigners: [x]}}]}",
        "{version: 1, identityProviders: [{name: p, issuer: 'https://x', clientId: c,"
            + " clientSecretFile: relative}]}"
      })
  void badDocumentIsBadForBoth(String text) throws IOException {
    assertThat(schema.check(yaml.readTree(text))).isNotEmpty();
    assertThat(parserAccepts(text)).isFalse();
  }
}

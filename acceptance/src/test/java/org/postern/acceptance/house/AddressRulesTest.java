package org.postern.acceptance.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.appconnector.upstream.AddressExceptions;
import org.postern.appconnector.upstream.AddressGuard;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.yaml.PolicyParser;

/**
 * What a connector refuses to dial is refused in the policy already, with the word that allows it,
 * and nothing else is: two rooms that may not know each other judge addresses alike.
 */
final class AddressRulesTest {
  private static final List<String> IPV4 =
      List.of(
          "127.0.0.1",
          "127.255.0.9",
          "169.254.169.254",
          "100.100.100.200",
          "192.0.0.192",
          "168.63.129.16",
          "10.0.0.1",
          "192.168.1.1",
          "100.64.0.1",
          "8.8.8.8",
          "169.253.255.255",
          "128.0.0.1");

  private static final List<String> IPV6 =
      List.of(
          "::1",
          "fe80::1",
          "fd00:ec2::254",
          "fd20:ce::254",
          "2001:0:808:808::1",
          "fd12::1",
          "2606:4700::1111");

  /** Every form of IPv6 that carries an IPv4 address. */
  private static List<String> disguises(String ipv4) throws Exception {
    byte[] a = InetAddress.getByName(ipv4).getAddress();
    String high = "%02x%02x".formatted(a[0], a[1]);
    String low = "%02x%02x".formatted(a[2], a[3]);
    return List.of(
        "::ffff:" + ipv4,
        "::" + ipv4,
        "::ffff:0:" + ipv4,
        "64:ff9b::" + ipv4,
        "64:ff9b:1::" + ipv4,
        "64:ff9b:1:%s:%s:%s00::".formatted(high, low.substring(0, 2), low.substring(2)),
        "64:ff9b:1:%s:%s:%s::"
            .formatted("00" + high.substring(0, 2), "00" + high.substring(2), low),
        "64:ff9b:1:0:%s:%s:%s00::"
            .formatted(
                "00" + high.substring(0, 2),
                high.substring(2) + low.substring(0, 2),
                low.substring(2)),
        "2002:%s:%s::1".formatted(high, low),
        "2001:db8::5efe:" + ipv4,
        "2001:db8::200:5efe:" + ipv4);
  }

  @Test
  void policyAndConnectorJudgeEveryAddressAlike() throws Exception {
    List<String> all = new ArrayList<>(IPV6);
    all.addAll(IPV4);
    for (String each : IPV4) {
      all.addAll(disguises(each));
    }
    AddressGuard guard = new AddressGuard(List.of());
    PolicyParser parser = new PolicyParser(PolicyLimits.DEFAULT);
    int refused = 0;
    for (String address : all) {
      for (boolean loopback : new boolean[] {false, true}) {
        for (boolean linkLocal : new boolean[] {false, true}) {
          boolean dialled =
              guard
                  .objection(
                      InetAddress.getByName(address), new AddressExceptions(loopback, linkLocal))
                  .isEmpty();
          boolean accepted =
              parser.parse(
                      """
                      version: 1
                      connectorGroups: [{name: g}]
                      applications:
                        - {name: a, hosts: ["%s"], tcp: [443], connectorGroups: [g],
                           allowLoopback: %s, allowLinkLocal: %s}
                      """
                          .formatted(address, loopback, linkLocal))
                  instanceof PolicyParser.Result.Parsed;
          assertThat(accepted)
              .as("%s, loopback %s, link-local %s", address, loopback, linkLocal)
              .isEqualTo(dialled);
          refused += dialled ? 0 : 1;
        }
      }
    }
    assertThat(refused).isGreaterThan(IPV4.size() * 10);
  }
}

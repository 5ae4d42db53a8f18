package org.postern.policystore.yaml;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.EmbeddedAddresses;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Obligations;
import org.postern.policystore.Server;

/// Which addresses an application may be served from only if it says so: those where the connector
/// itself and the cloud's metadata service listen. Connectors judge what they dial once more.
enum AddressConsent {
  LOOPBACK("is the connector's own loopback", "allowLoopback"),
  LINK_LOCAL("is link-local, where cloud metadata lives,", "allowLinkLocal"),
  METADATA("is a metadata address of a cloud provider", "allowLinkLocal"),
  TEREDO("is a Teredo address, which hides another one,", "");

  private static final String LOCALHOST = "localhost";

  private static final Map<AddressConsent, List<AddressRange>> RANGES =
      Map.of(
          LOOPBACK,
          List.of(range("127.0.0.0/8"), range("::1")),
          LINK_LOCAL,
          List.of(range("169.254.0.0/16"), range("fe80::/10")),
          // The services of Alibaba, Oracle, Azure, Amazon and Google that are not link-local.
          METADATA,
          List.of(
              range("100.100.100.200"),
              range("192.0.0.192"),
              range("168.63.129.16"),
              range("fd00:ec2::/32"),
              range("fd20:ce::254")),
          TEREDO,
          List.of(range("2001::/32")));

  private final String what;
  private final String key;

  AddressConsent(String what, String key) {
    this.what = what;
    this.key = key;
  }

  private static AddressRange range(String text) {
    return AddressRange.parse(text).orElseThrow();
  }

  private boolean isGiven(Obligations obligations) {
    return switch (this) {
      case LOOPBACK -> obligations.allowLoopback();
      case LINK_LOCAL, METADATA -> obligations.allowLinkLocal();
      case TEREDO -> false;
    };
  }

  /// Of the address itself, or of one that it carries.
  private static Optional<AddressConsent> neededFor(AddressRange range) {
    return Stream.concat(Stream.of(range), EmbeddedAddresses.in(range).stream())
        .map(AddressConsent::neededAsWritten)
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<AddressConsent> neededAsWritten(AddressRange range) {
    for (AddressConsent each : values()) {
      if (RANGES.getOrDefault(each, List.of()).stream().anyMatch(whole -> whole.contains(range))) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private static Optional<AddressConsent> neededFor(Server server) {
    if (server.host().equals(LOCALHOST) || server.host().endsWith("." + LOCALHOST)) {
      return Optional.of(LOOPBACK);
    }
    return AddressRange.parse(server.host()).flatMap(AddressConsent::neededFor);
  }

  /// What is wrong with a host of an application; empty: nothing.
  static Optional<String> objection(Application application, HostPattern host) {
    return host instanceof HostPattern.Addresses(AddressRange range)
        ? neededFor(range)
            .filter(consent -> !consent.isGiven(application.obligations()))
            .map(consent ->
                host.text()
                    + " "
                    + consent.what
                    + ", which connectors refuse to dial"
                    + consent.expected("beside it"))
        : Optional.empty();
  }

  /// What is wrong with a server of an application's server group; empty: nothing.
  static Optional<String> objection(Application application, String group, Server server) {
    return neededFor(server)
        .filter(consent -> !consent.isGiven(application.obligations()))
        .map(consent ->
            "server "
                + Problems.quote(server.text())
                + " of server group "
                + Problems.quote(group)
                + " "
                + consent.what
                + ", which connectors refuse to dial"
                + consent.expected("in application " + Problems.quote(application.name())));
  }

  private String expected(String where) {
    return key.isEmpty()
        ? " (expected: the server's own address)"
        : " (expected: " + key + ": true " + where + " if that is meant)";
  }
}

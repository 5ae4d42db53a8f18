package org.postern.demo;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who lives where.
 *
 * @param brokerHost name of the broker, for peers and browsers
 * @param brokerAddress where it listens
 * @param brokerPort its one port
 * @param issuerHost name of the identity provider
 * @param issuerAddress where it listens
 * @param issuerPort its port
 * @param publicDns resolver of the device and of the cloud, which knows public names only
 * @param vpcDns resolver inside the VPC, which knows the private names too
 * @param wiki web application that the demo user may use
 * @param git SSH server that the demo user may use
 * @param orders PostgreSQL that the demo user may use
 * @param payroll web application that exists and is forbidden to the demo user
 */
record Layout(
    String brokerHost,
    String brokerAddress,
    int brokerPort,
    String issuerHost,
    String issuerAddress,
    int issuerPort,
    Door publicDns,
    Door vpcDns,
    App wiki,
    App git,
    App orders,
    App payroll) {

  /** An address and a port. */
  record Door(String address, int port) {
    @Override
    public String toString() {
      return address + ":" + port;
    }
  }

  /** A private application. */
  record App(String host, String address, int port) {}

  /** Three networks, nothing shared. */
  static Layout namespaces() {
    return new Layout(
        "broker.postern.example",
        "10.91.0.1",
        443,
        "login.postern.example",
        "10.91.0.2",
        8080,
        new Door("10.91.0.53", 53),
        new Door("10.92.0.53", 53),
        new App("wiki.corp.internal", "10.92.0.10", 80),
        new App("git.corp.internal", "10.92.0.11", 22),
        new App("orders.corp.internal", "10.92.0.12", 5432),
        new App("payroll.corp.internal", "10.92.0.13", 80));
  }

  /**
   * Everything on loopback, told apart by port.
   *
   * @param port gives a free port at each call
   */
  static Layout loopback(java.util.function.IntSupplier port) {
    String here = "127.0.0.1";
    return new Layout(
        "localhost",
        here,
        port.getAsInt(),
        "localhost",
        here,
        port.getAsInt(),
        new Door(here, port.getAsInt()),
        new Door(here, port.getAsInt()),
        new App("wiki.corp.internal", here, port.getAsInt()),
        new App("git.corp.internal", here, port.getAsInt()),
        new App("orders.corp.internal", here, port.getAsInt()),
        new App("payroll.corp.internal", here, port.getAsInt()));
  }

  /** Where peers and browsers find the broker. */
  String brokerUrl() {
    return "https://" + brokerHost + (brokerPort == 443 ? "" : ":" + brokerPort);
  }

  /** Of the identity provider. */
  String issuer() {
    return "http://" + issuerHost + ":" + issuerPort + "/demo";
  }

  /** Names that anybody may know. */
  Map<String, String> publicNames() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put(brokerHost, brokerAddress);
    names.put(issuerHost, issuerAddress);
    return names;
  }

  /** Names that only the VPC's resolver knows, and the public ones. */
  Map<String, String> vpcNames() {
    Map<String, String> names = new LinkedHashMap<>(publicNames());
    for (App app : new App[] {wiki, git, orders, payroll}) {
      names.put(app.host(), app.address());
    }
    return names;
  }
}

package org.postern.demo;

/** The policy of the demonstration, as code. */
final class Policy {
  /** Group of the app connector. */
  static final String CONNECTOR_GROUP = "vpc";

  /** Who signs in. */
  static final String USER = "demo";

  /** Their address at the identity provider. */
  static final String EMAIL = "demo@postern.example";

  private Policy() {}

  /** With the rule that lets the demo user reach the applications. */
  static String open(Layout layout, boolean loopback) {
    return document(layout, loopback, true);
  }

  /** The same without that rule. */
  static String withoutRule(Layout layout, boolean loopback) {
    return document(layout, loopback, false);
  }

  private static String document(Layout layout, boolean loopback, boolean rule) {
    return """
    version: 1
    domains: [corp.internal]
    connectorGroups: [{name: %s}]
    applications:
      - {name: wiki, hosts: [%s], tcp: [%d], connectorGroups: [%s], allowLoopback: %s}
      - {name: git, hosts: [%s], tcp: [%d], connectorGroups: [%s], allowLoopback: %s}
      - {name: orders, hosts: [%s], tcp: [%d], connectorGroups: [%s], allowLoopback: %s}
      - {name: payroll, hosts: [%s, "*.%s"], tcp: [%d], connectorGroups: [%s], allowLoopback: %s}
    groups:
      - {name: staff, members: [%s]}
      - {name: finance, members: [someone.else@postern.example]}
    rules:
    %s\
      - {name: finance-to-payroll, action: allow, applications: [payroll], groups: [finance]}
    identityProviders:
      - {name: login, issuer: "%s", clientId: postern, clientSecret: demo-only, allowPlainHttp: true}
    """
        .formatted(
            CONNECTOR_GROUP,
            layout.wiki().host(),
            layout.wiki().port(),
            CONNECTOR_GROUP,
            loopback,
            layout.git().host(),
            layout.git().port(),
            CONNECTOR_GROUP,
            loopback,
            layout.orders().host(),
            layout.orders().port(),
            CONNECTOR_GROUP,
            loopback,
            layout.payroll().host(),
            layout.payroll().host(),
            layout.payroll().port(),
            CONNECTOR_GROUP,
            loopback,
            EMAIL,
            rule
                ? "  - {name: staff-to-apps, action: allow, applications: [wiki, git, orders],"
                    + " groups: [staff]}\n"
                : "",
            layout.issuer());
  }
}

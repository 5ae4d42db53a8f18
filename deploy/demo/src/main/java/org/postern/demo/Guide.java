package org.postern.demo;

/** What a person can try, in plain words. */
final class Guide {
  private Guide() {}

  static String text(Scene scene) {
    Layout layout = scene.layout();
    return scene.ground().apart() ? namespaces(scene, layout) : loopback(scene, layout);
  }

  private static String namespaces(Scene scene, Layout layout) {
    String user = scene.ground().prefix(Room.USER);
    String vpc = scene.ground().prefix(Room.VPC);
    String cloud = scene.ground().prefix(Room.CLOUD);
    return """

    You are the demo user. Programs on your device run as: %1$sPROGRAM
    (%1$s is a script that enters the user's namespaces with nsenter.)

      A private name has an address on your device, and nowhere else:
        %1$sgetent hosts %4$s
      An unmodified program reaches the private network by that name:
        %1$scurl -s http://%4$s/
        %1$s%5$s
        %1$spsql -h %6$s -U demo postgres -c 'select count(*) from orders'
      %7$s is there too, but for somebody else; for you it does not exist:
        %1$scurl -s http://%7$s/
      Who you are, what is open, and why something was refused:
        %1$s%8$s status --run-dir %9$s/run
      Take the rule away, and give it back:
        %3$s%8$s admin apply -f %9$s/policy-without-rule.yaml --url %10$s --data-dir %9$s/broker
        %3$s%8$s admin apply -f %9$s/policy.yaml --url %10$s --data-dir %9$s/broker
      The private network itself, which drops all that comes in unasked:
        %2$snft list counters

    Ctrl-C ends all of it and leaves nothing behind.
    """
        .formatted(
            user,
            vpc,
            cloud,
            layout.wiki().host(),
            scene.hasSsh()
                ? String.join(" ", SshServer.client(scene))
                : "true   # no SSH server is installed here",
            layout.orders().host(),
            layout.payroll().host(),
            System.getProperty("postern.home", ".") + "/postern",
            scene.work(),
            layout.brokerUrl());
  }

  private static String loopback(Scene scene, Layout layout) {
    String proxy = "socks5h://127.0.0.1:" + scene.socksPort();
    return """

    You are the demo user. Programs reach private names through the proxy of the client connector:
        curl -s -x %1$s http://%2$s:%3$d/
        %4$s
      %5$s is there too, but for somebody else; for you it does not exist:
        curl -s -x %1$s http://%5$s:%6$d/
      Who you are, what is open, and why something was refused:
        %7$s/postern status --run-dir %8$s/run
      Take the rule away:
        %7$s/postern admin apply -f %8$s/policy-without-rule.yaml --url %9$s --data-dir %8$s/broker

    Ctrl-C ends all of it and leaves nothing behind.
    """
        .formatted(
            proxy,
            layout.wiki().host(),
            layout.wiki().port(),
            scene.hasSsh() ? String.join(" ", SshServer.client(scene)) : "",
            layout.payroll().host(),
            layout.payroll().port(),
            System.getProperty("postern.home", "."),
            scene.work(),
            layout.brokerUrl());
  }
}

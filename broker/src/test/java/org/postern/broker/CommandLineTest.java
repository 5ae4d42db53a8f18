package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.bootstrap.StartException;
import org.postern.broker.cli.ExitCode;
import picocli.CommandLine;

/** The command line as an administrator uses it, against a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CommandLineTest {
  @TempDir private static Path folder;
  private BrokerUnderTest broker;

  private record Outcome(int code, String out, String err) {}

  @BeforeAll
  void start() throws Exception {
    broker = new BrokerUnderTest(folder.resolve("data"), Set.of());
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  private static Outcome run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commands = BrokerMain.commandLine();
    commands.setOut(new PrintWriter(out, true));
    commands.setErr(new PrintWriter(err, true));
    int code = commands.execute(arguments);
    return new Outcome(code, out.toString(), err.toString());
  }

  private Outcome admin(String... arguments) {
    List<String> all = new ArrayList<>(List.of("admin"));
    all.addAll(List.of(arguments));
    all.addAll(
        List.of(
            "--url",
            broker.broker.publicUrl().toString(),
            "--data-dir",
            broker.dataDir.toString()));
    return run(all.toArray(String[]::new));
  }

  private Path policy(String text) throws Exception {
    return Files.writeString(folder.resolve("policy.yaml"), text);
  }

  @Test
  void policyIsAppliedShownAndAppliedAgainWithoutAChange() throws Exception {
    Path file = policy("version: 1\nconnectorGroups: [{name: vpc-a}]\n");
    Outcome first = admin("apply", "-f", file.toString());
    assertThat(first.code()).as(first.err()).isEqualTo(ExitCode.OK);
    assertThat(admin("get", "connectorGroups", "vpc-a").out()).contains("vpc-a");
    Path shown = folder.resolve("shown.yaml");
    Files.writeString(shown, admin("get").out());
    assertThat(admin("apply", "-f", shown.toString()).out()).contains("nothing changes");

    Outcome key = admin("provisioning-key", "create", "--group", "vpc-a", "--expires", "1h");
    assertThat(key.code()).as(key.err()).isEqualTo(ExitCode.OK);
    assertThat(key.out().strip()).startsWith("postern_pk_").doesNotContain(" ");
    assertThat(key.err()).contains("vpc-a").doesNotContain(key.out().strip());
    assertThat(admin("provisioning-key", "list").out())
        .contains("vpc-a")
        .doesNotContain(key.out().strip());
    assertThat(admin("provisioning-key", "create", "--group", "nowhere").code())
        .isEqualTo(ExitCode.REFUSED);
  }

  @Test
  void checkTakesAnIpv6AddressAsProgramsWriteIt() throws Exception {
    Path file =
        policy(
            """
            version: 1
            connectorGroups: [{name: vpc-a}]
            applications:
              - {name: six, hosts: ["2001:db8:7::/48"], tcp: [443], connectorGroups: [vpc-a]}
            rules:
              - {name: all, action: allow, applications: [six], anyone: true}
            """);
    assertThat(
            admin("check", "[2001:db8:7::9]:443", "-f", file.toString(), "--group", "staff").err())
        .isEmpty();
    Outcome without =
        admin("check", "2001:db8:7::9:443", "-f", file.toString(), "--group", "staff");
    assertThat(without.code()).isEqualTo(ExitCode.WRONG);
    assertThat(without.err()).contains("an IPv6 address needs brackets");
  }

  @Test
  void everyMistakeIsListedWithFileAndLineAndTheCodeIsTwo() throws Exception {
    Path file =
        policy(
            """
            version: 1
            applications:
              - {name: a, hosts: ["not a host"], tcp: [443], connectorGroups: [nowhere]}
              - {name: b, hosts: [b.corp.internal], tcp: [0], connectorGroups: [nowhere]}
            """);
    Outcome outcome = admin("apply", "-f", file.toString());
    assertThat(outcome.code()).isEqualTo(ExitCode.WRONG);
    assertThat(outcome.err()).contains(file + ":3:").contains(file + ":4:");
    assertThat(outcome.err()).contains("nothing was applied");
    assertThat(admin("apply", "-f", file.toString(), "--json").out()).contains("\"errors\"");
  }

  @Test
  void statusListsAndSchemaAreWritten() throws Exception {
    assertThat(admin("status").out()).contains("trust domain").contains("postern.internal");
    assertThat(admin("flows").out()).isEqualTo("none\n");
    assertThat(admin("session", "list").out()).isEqualTo("none\n");
    assertThat(new ObjectMapper().readTree(admin("device", "list", "--json").out()).path("items"))
        .isEmpty();
    assertThat(new ObjectMapper().readTree(run("admin", "schema").out()).path("$schema").asText())
        .contains("json-schema");
    Outcome none = admin("connector", "revoke", "c-none");
    assertThat(none.code()).isEqualTo(ExitCode.REFUSED);
    assertThat(none.err()).contains("There is no connector c-none");
  }

  @Test
  void exitCodesTellAWrongTokenFromNoAnswerAndFromAWrongCommand() throws Exception {
    Path wrong = Files.writeString(folder.resolve("wrong.token"), "postern_at_wrong");
    Path ca = broker.dataDir.resolve("ca.pem");
    String url = broker.broker.publicUrl().toString();
    Outcome token =
        run("admin", "status", "--url", url, "--ca", ca.toString(), "--token-file", "" + wrong);
    assertThat(token.code()).isEqualTo(ExitCode.TOKEN);
    assertThat(token.err()).doesNotContain("postern_at_wrong");
    Outcome away =
        run(
            "admin",
            "status",
            "--url",
            "https://127.0.0.1:1",
            "--ca",
            ca.toString(),
            "--token-file",
            "" + wrong);
    assertThat(away.code()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(run("admin", "nonsense").code()).isEqualTo(ExitCode.WRONG);
    assertThat(admin("provisioning-key", "create", "--group", "g", "--expires", "soon").code())
        .isEqualTo(ExitCode.WRONG);
  }

  @Test
  void brokerIsTrustedByOurAuthorityOnly() throws Exception {
    Path token = broker.dataDir.resolve("admin.token");
    Outcome outcome =
        run(
            "admin",
            "status",
            "--url",
            broker.broker.publicUrl().toString(),
            "--token-file",
            token.toString());
    assertThat(outcome.code()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(outcome.err()).contains("--ca");
  }

  @Test
  void everyCommandTeachesWithAnExample() {
    assertHelp(BrokerMain.commandLine());
  }

  private static void assertHelp(CommandLine command) {
    if (command.getCommandName().equals("help")) {
      return;
    }
    assertThat(command.getCommandSpec().usageMessage().description())
        .as(command.getCommandSpec().qualifiedName())
        .isNotEmpty();
    for (String line : command.getCommandSpec().usageMessage().footer()) {
      // Picocli warns on every help that has one percent sign alone.
      assertThat(line.replace("%%", "").replace("%n", "")).doesNotContain("%");
    }
    boolean leafOfAGroupWithExample =
        command.getParent() != null && hasExample(command.getParent());
    assertThat(hasExample(command) || leafOfAGroupWithExample)
        .as("%s has an example", command.getCommandSpec().qualifiedName())
        .isTrue();
    command.getSubcommands().values().forEach(CommandLineTest::assertHelp);
  }

  private static boolean hasExample(CommandLine command) {
    return command.getUsageMessage(CommandLine.Help.Ansi.OFF).contains("Example");
  }

  @Test
  void listenAddressesAreRead() throws Exception {
    assertThat(ListenAddress.parse("0.0.0.0:8443"))
        .isEqualTo(new InetSocketAddress("0.0.0.0", 8443));
    assertThat(ListenAddress.parse("[::1]:443").getAddress().isLoopbackAddress()).isTrue();
    assertThat(ListenAddress.parse("[::1]").getPort()).isEqualTo(443);
    for (String wrong : List.of("127.0.0.1:x", "127.0.0.1:70000", ":443")) {
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> ListenAddress.parse(wrong))
          .isInstanceOf(StartException.class)
          .hasMessageContaining("--listen");
    }
  }

  @Test
  void brokerThatCannotStartSaysWhyAndEndsWithOne() throws Exception {
    Path data = folder.resolve("cannot");
    Outcome outcome =
        run(
            "broker",
            "--data-dir",
            data.toString(),
            "--database-url",
            "jdbc:mysql://x",
            "--listen",
            "127.0.0.1:0");
    assertThat(outcome.code()).isEqualTo(ExitCode.REFUSED);
    assertThat(outcome.err()).contains("jdbc:postgresql://");
  }

  @Test
  void loadBalancersThatAreNoAddressesAreRefusedFromBothPlaces() throws Exception {
    String data = folder.resolve("balanced").toString();
    Outcome given =
        run("broker", "--data-dir", data, "--proxy-protocol-from", "10.0.0.0/8,10.0.0.1/8");
    assertThat(given.code()).isEqualTo(ExitCode.REFUSED);
    assertThat(given.err()).contains("--proxy-protocol-from: '10.0.0.1/8'");
    Path config =
        Files.writeString(folder.resolve("proxy.yaml"), "proxy-protocol-from: [fd00::/8, lb]\n");
    Outcome read = run("broker", "--data-dir", data, "--config", "" + config);
    assertThat(read.code()).isEqualTo(ExitCode.REFUSED);
    assertThat(read.err()).contains("--proxy-protocol-from: 'lb'");
  }

  @Test
  void configurationFileCountsWhereTheCommandLineSaysNothing() throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("broker.yaml"),
            "host-name: [a.example, b.example]\ndatabase-url: jdbc:mysql://from-file\n");
    Outcome outcome =
        run("broker", "--data-dir", folder.resolve("c").toString(), "--config", "" + config);
    assertThat(outcome.err()).contains("--database-url must be");
    Path unknown = Files.writeString(folder.resolve("unknown.yaml"), "hostname: [a.example]\n");
    Outcome refused =
        run("broker", "--data-dir", folder.resolve("c").toString(), "--config", "" + unknown);
    assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused.err()).contains("--hostname");
  }

  private void assertWrong(Outcome outcome, String... words) {
    assertThat(outcome.err()).contains(words).doesNotContain("Exception");
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(ExitCode.WRONG);
  }

  @Test
  void kindsAreTakenInEverySpellingAndAWrongOneIsToldAllOfThem() throws Exception {
    Path thing = Files.writeString(folder.resolve("network.yaml"), "sources: [192.0.2.0/24]\n");
    for (String kind : List.of("trustedNetworks", "trusted-networks", "trusted-network")) {
      assertThat(admin("put", kind, "office", "-f", thing.toString()).code()).isZero();
      assertThat(admin("get", kind, "office").out()).contains("192.0.2.0/24");
      assertThat(admin("delete", kind, "office").code()).isZero();
    }
    String[] expected = {"did you mean \"applications\"?", "expected one of: domains, ", "rules"};
    assertWrong(admin("get", "aplication"), expected);
    assertWrong(admin("delete", "aplications", "wiki"), expected);
    assertWrong(
        admin("restore", "wiki", "application"),
        "the kind comes before the name: postern admin restore applications wiki");
  }

  @Test
  void fileThatCannotBeReadIsToldWhy() throws Exception {
    Path binary = Files.write(folder.resolve("binary.yaml"), new byte[] {(byte) 0xff, 0});
    Path text = Files.writeString(folder.resolve("text.yaml"), "hello\n");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertWrong(admin("apply", "-f", "/nonexistent"), "/nonexistent: there is no such file");
    assertWrong(admin("apply", "-f", binary.toString()), "it is not UTF-8 text");
    assertWrong(admin("apply", "-f", empty.toString()), "holds 0 files *.yaml");
    assertWrong(admin("put", "rules", "x", "-f", empty.toString()), "it is a folder");
    assertWrong(admin("put", "rules", "x", "-f", text.toString()), "keys of one thing");
    assertWrong(admin("apply"), "say the document: -f FILE");
    assertWrong(admin("apply", "policy.yaml"), "a file is given with -f: -f policy.yaml");
  }

  @Test
  void commandThatIsSpeltWrongIsToldWhatWasMeant() {
    assertWrong(run("admin", "aply", "-f", "x"), "no command aply; did you mean", "apply");
    assertWrong(run("admin", "user"), "expected one of: ", "disable, enable, list");
    assertWrong(admin("user"), "--url: a command comes before options", "disable, enable, list");
    assertWrong(admin("history", "last"), "'last' is not a number");
    assertWrong(admin("apply", "--fil", "x"), "--fil", "did you mean", "--file");
    Outcome since = admin("audit", "list", "--since", "yesterday");
    assertWrong(since, "since: expected: a time such as");
    assertThat(since.err()).containsOnlyOnce("a time such as");
  }

  @Test
  void brokerThatDoesNotAnswerIsToldApartByCause() {
    String data = broker.dataDir.toString();
    String here = broker.broker.publicUrl().toString();
    Outcome nobody = run("admin", "status", "--data-dir", data, "--url", "https://127.0.0.1:1");
    assertThat(nobody.err()).contains("nothing listens there; check --url");
    assertThat(nobody.code()).isEqualTo(ExitCode.UNREACHABLE);
    Outcome unknown = run("admin", "status", "--data-dir", data, "--url", "https://no.invalid");
    assertThat(unknown.err()).contains("no address is known for no.invalid");
    assertThat(unknown.code()).isEqualTo(ExitCode.UNREACHABLE);
    assertWrong(
        run("admin", "status", "--data-dir", data, "--url", here.replace("https", "http")),
        "expected: https://HOST[:PORT]");
    Outcome noToken = run("admin", "status", "--url", here, "--token-file", "/nonexistent");
    assertThat(noToken.err()).contains("there is no such file; postern admin login makes one");
    assertThat(noToken.code()).isEqualTo(ExitCode.TOKEN);
    assertWrong(
        run("admin", "status", "--url", here, "--data-dir", data, "--ca", "/nonexistent"),
        "cannot use the certificates in /nonexistent: there is no such file");
  }

  @Test
  void historySaysWhatCanBeBroughtBackAndShortensChangesOfManyThings() throws Exception {
    Path file = policy("version: 1\ndomains: [a.test, b.test, c.test, d.test, e.test]\n");
    assertThat(admin("apply", "-f", file.toString()).code()).isZero();
    String[] lines = admin("history").out().split("\n", -1);
    assertThat(lines[0]).contains("ROLLBACK", "CHANGES");
    assertThat(lines[1])
        .contains(" yes ", "domain a.test: added", "and more: postern admin history ")
        .doesNotContain("d.test");
    assertThat(admin("history", "--json").out()).contains("domain e.test: added");
    String version = lines[1].split(" ", 2)[0];
    assertThat(admin("history", version).out()).contains("e.test").doesNotContain("not kept");
    assertThat(admin("history", version, "--document").out()).contains("e.test");
  }
}

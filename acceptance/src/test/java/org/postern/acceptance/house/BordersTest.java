package org.postern.acceptance.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Who may know whom. Each border says why it stands, so that its failure teaches. */
final class BordersTest {
  private static final String BASE = "org.postern.";
  private static final JavaClasses CLASSES = new ClassFileImporter().importPaths(paths());

  private static List<java.nio.file.Path> paths() {
    return House.find().classes();
  }

  @Test
  void classesOfTheHouseAreSeen() {
    assertThat(CLASSES.contain("org.postern.tunnel.TunnelProtocol")).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> modulesImportOnlyWhatTheyMay() {
    return Stream.of(
            knows("tunnel", "it is the language all three speak and knows no user and no policy"),
            knows("identity", "it must be auditable alone: it is the only judge of certificates"),
            knows("policystore", "a decision is a pure function of facts, not of connections"),
            knows(
                "clientconnector",
                "a device holds no policy and no broker code",
                "tunnel",
                "identity"),
            knows("appconnector", "it obeys grants; it does not decide", "tunnel", "identity"),
            knows(
                "broker",
                "the meeting room does not contain the parties that meet",
                "tunnel",
                "identity",
                "policystore"))
        .map(BordersTest::test);
  }

  @TestFactory
  Stream<DynamicTest> insideTheBrokerImportsPointToTheMeetingPoint() {
    String outer = "the inner room owns the interface, the outer room implements it";
    return Stream.of(
            never(outer, in("broker.rendezvous"), in("broker.clientside")),
            never(outer, in("broker.rendezvous"), in("broker.connectorside")),
            never(outer, in("broker.rendezvous"), in("broker.access")),
            never(outer, in("broker.access"), in("broker.clientside")),
            never(outer, in("broker.access"), in("broker.connectorside")),
            never(
                "the two sides meet only in rendezvous",
                in("broker.clientside"),
                in("broker.connectorside")),
            never(
                "the two sides meet only in rendezvous",
                in("broker.connectorside"),
                in("broker.clientside")),
            never(
                "a connector is told what was decided; it does not ask",
                in("broker.connectorside"),
                in("broker.access")))
        .map(BordersTest::test);
  }

  @TestFactory
  Stream<DynamicTest> everyLibraryLivesInNamedPackages() {
    return Stream.of(
            onlyIn(
                "identity comes from the validated leaf and from nowhere else; one module reads it",
                List.of("java.security.cert.."),
                "identity"),
            onlyIn(
                "an upgrade of the ASN.1 library touches one room",
                List.of("org.bouncycastle.."),
                "identity",
                "broker.administrators.password"),
            onlyIn(
                "what a browser says of a passkey is judged in one small room",
                List.of("com.webauthn4j..", "tools.jackson.."),
                "broker.administrators.passkey"),
            onlyIn(
                "tokens of identity providers are judged in one room",
                List.of("com.nimbusds.."),
                "broker.signin.oidc"),
            onlyIn(
                "an unmaintained SAML library is held in one room, whose door is a verified value",
                List.of("org.opensaml..", "net.shibboleth..", "org.apache.xml.security.."),
                "broker.signin.saml"),
            onlyIn(
                "a country file is read in one small room, whose door is a code of two letters",
                List.of("com.maxmind.."),
                "broker.country"),
            onlyIn(
                "what a provider's client sends is read in one room, and stored as plain text",
                List.of("com.unboundid.."),
                "broker.scim"),
            onlyIn(
                "SQL blocks: it stays behind repositories, away from event loops",
                List.of("java.sql..", "org.postgresql.."),
                "policystore.jdbc",
                "broker.bootstrap",
                "demo",
                "acceptance.bench.store"),
            onlyIn(
                "the database is opened in one place",
                List.of("com.zaxxer..", "org.flywaydb..", "io.zonky.."),
                "broker.bootstrap",
                "demo",
                "acceptance.bench.store"),
            onlyIn(
                "HTTP is the outer hall; the tunnel's path is Netty alone",
                List.of("io.vertx.."),
                "broker.front",
                "broker.signin",
                "broker.enroll",
                "broker.admin",
                "broker.bootstrap"),
            onlyIn(
                "a development identity provider is never on outside the demo",
                List.of("no.nav.."),
                "demo",
                "acceptance"),
            never(
                "a decision is made without a socket, so that it can be simulated",
                in("policystore"),
                new String[] {"io.netty.."}),
            onlyKnowsOfNetty(
                "the flow protocol is a pure state machine: bytes in, bytes out",
                "tunnel.flow",
                "buffer",
                "util"))
        .map(BordersTest::test);
  }

  @Test
  void packagesOfAModuleFormNoCycle() {
    slices()
        .matching("org.postern.(*).(*)..")
        .should()
        .beFreeOfCycles()
        .because("a room that needs its neighbour, which needs it, is one room")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  private record Border(String name, ArchRule rule) {}

  private static DynamicTest test(Border border) {
    return DynamicTest.dynamicTest(border.name(), () -> border.rule().check(CLASSES));
  }

  /** The module may import these rooms of ours besides itself, and no others. */
  private static Border knows(String room, String reason, String... others) {
    List<String> forbidden = new ArrayList<>();
    for (String each :
        List.of(
            "tunnel",
            "identity",
            "policystore",
            "broker",
            "appconnector",
            "clientconnector",
            "demo",
            "acceptance")) {
      if (!each.equals(room) && !List.of(others).contains(each)) {
        forbidden.add(BASE + each + "..");
      }
    }
    return never(reason, in(room), forbidden.toArray(String[]::new));
  }

  private static Border never(String reason, String[] from, String[] to) {
    return new Border(
        String.join(" ", from) + " never imports " + String.join(" ", to),
        noClasses()
            .that()
            .resideInAnyPackage(from)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(to)
            .because(reason)
            // A room that is not built yet breaks no rule.
            .allowEmptyShould(true));
  }

  private static Border onlyIn(String reason, List<String> library, String... rooms) {
    return new Border(
        String.join(" ", library) + " only in " + String.join(" ", rooms),
        noClasses()
            .that()
            .resideOutsideOfPackages(
                Stream.of(rooms).flatMap(r -> Stream.of(in(r))).toArray(String[]::new))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(library.toArray(String[]::new))
            .because(reason)
            .allowEmptyShould(true));
  }

  private static Border onlyKnowsOfNetty(String reason, String room, String... parts) {
    List<String> allowed = Stream.of(parts).map(part -> "io.netty." + part).toList();
    return new Border(
        room + " knows of Netty only " + allowed,
        noClasses()
            .that()
            .resideInAnyPackage(in(room))
            .should()
            .dependOnClassesThat(
                com.tngtech.archunit.base.DescribedPredicate.describe(
                    "are of Netty but not in " + allowed,
                    type ->
                        type.getPackageName().startsWith("io.netty")
                            && allowed.stream().noneMatch(type.getPackageName()::startsWith)))
            .because(reason)
            .allowEmptyShould(true));
  }

  private static String[] in(String room) {
    return new String[] {BASE + room + ".."};
  }
}

package org.postern.clientconnector.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OwnedNamesTest {
  private static OwnedNames owned(Set<String> names, Set<String> patterns, Set<String> bypassed) {
    return new OwnedNames(
        Set.of("corp.internal"), names, patterns, bypassed, List.of(), List.of(), 1);
  }

  @Test
  void everythingBelowADomainIsOursUntilAPatternIsLeftAlone() {
    OwnedNames plain = owned(Set.of(), Set.of(), Set.of());
    assertThat(plain.owns("corp.internal")).isTrue();
    assertThat(plain.owns("a.b.corp.internal")).isTrue();
    assertThat(plain.owns("corp.internal.example")).isFalse();
    OwnedNames some =
        owned(Set.of(), Set.of(), Set.of("*.print.corp.internal", "hr.corp.internal"));
    assertThat(some.owns("one.print.corp.internal")).isFalse();
    assertThat(some.owns("print.corp.internal")).as("not below itself").isTrue();
    assertThat(some.owns("hr.corp.internal")).isFalse();
    assertThat(some.owns("wiki.corp.internal")).isTrue();
    assertThat(some.bypasses("hr.corp.internal")).isTrue();
    assertThat(some.bypasses("wiki.corp.internal")).isFalse();
    assertThat(some.bypasses("www.example.org")).as("nobody spoke of it").isFalse();
  }

  @Test
  void narrowerPatternHasItsWay() {
    OwnedNames owned =
        owned(
            Set.of("deep.print.corp.internal"),
            Set.of("*.lab.print.corp.internal", "db-?.example.org"),
            Set.of("*.print.corp.internal", "db-*.example.org", "x.lab.print.corp.internal"));
    assertThat(owned.owns("deep.print.corp.internal")).isTrue();
    assertThat(owned.owns("a.lab.print.corp.internal")).isTrue();
    assertThat(owned.owns("x.lab.print.corp.internal")).isFalse();
    assertThat(owned.owns("one.print.corp.internal")).isFalse();
    assertThat(owned.owns("db-12.example.org")).isFalse();
    assertThat(owned.bypasses("db-12.example.org")).isTrue();
  }

  @Test
  void patternsOutsideOurDomainsAreOursAndTheirDomainsAreRouted() {
    OwnedNames owned = owned(Set.of(), Set.of("*.example.net", "db-?.prod.example.org"), Set.of());
    assertThat(owned.owns("a.b.example.net")).isTrue();
    assertThat(owned.owns("example.net")).isFalse();
    assertThat(owned.owns("db-1.prod.example.org")).isTrue();
    assertThat(owned.owns("db-.prod.example.org")).isFalse();
    assertThat(owned.owns("db-1x.prod.example.org")).isFalse();
    assertThat(owned.routedDomains())
        .containsExactlyInAnyOrder("corp.internal", "example.net", "prod.example.org");
  }
}

package org.postern.policystore.jdbc;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ClientType;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.Transport;
import org.postern.policystore.TrustedNetwork;
import org.postern.policystore.Truth;

/// Gives a random configuration policy tests with every key of the language.
final class RandomTests {
  private static final List<String> TEXTS =
      List.of("otp", "yes", "a: b", "it's \"it\"", "# no", "\u00e9t\u00e9", "- x");

  private final SplittableRandom random;

  RandomTests(SplittableRandom random) {
    this.random = random;
  }

  PolicyConfiguration over(PolicyConfiguration plain) {
    List<PolicyTest> tests = new ArrayList<>();
    for (int i = random.nextInt(0, 5); i > 0; i--) {
      tests.add(test("test " + random.nextInt(3) + " of " + i, plain));
    }
    return plain.withTests(tests);
  }

  private PolicyTest test(String name, PolicyConfiguration plain) {
    List<String> providers = named(plain.identityProviders(), IdentityProvider::name);
    Map<String, List<String>> attributes = new HashMap<>();
    for (String text : some(List.of("department", "Off", "x-y"))) {
      attributes.put(text, some(TEXTS));
    }
    Map<String, Truth> posture = new HashMap<>();
    for (String profile : some(named(plain.postureProfiles(), PostureProfile::name))) {
      posture.put(profile, one(List.of(Truth.values())));
    }
    return new PolicyTest(
        name,
        one(List.of(PolicyTest.Expectation.values())),
        plain.rules().isEmpty() || random.nextBoolean()
            ? ""
            : one(named(plain.rules(), AccessRule::name)),
        new PolicyTest.Target(
            one(List.of("a.x", "10.0.0.1", "fd00::1", "off")),
            random.nextInt(1, 65_536),
            one(List.of(Transport.values())),
            instant()),
        new PolicyTest.Person(
            random.nextBoolean() ? "" : "o'neil+x@example.com",
            providers.isEmpty() || random.nextBoolean() ? "" : one(providers),
            some(named(plain.groups(), Group::name)),
            attributes),
        new PolicyTest.SignIn(instant(), random.nextBoolean() ? "" : one(TEXTS), some(TEXTS)),
        new PolicyTest.Situation(
            perhaps(ClientType.values()),
            perhaps(Platform.values()),
            posture,
            random.nextBoolean() ? null : AddressRange.parse("2001:db8::7").orElseThrow(),
            random.nextBoolean()
                ? null
                : new HashSet<>(some(named(plain.trustedNetworks(), TrustedNetwork::name))),
            random.nextBoolean() ? "" : "NO",
            perhaps(RiskLevel.values())));
  }

  private @Nullable Instant instant() {
    return random.nextBoolean() ? null : Instant.ofEpochMilli(random.nextLong(1L << 42));
  }

  private <E> @Nullable E perhaps(E[] values) {
    return random.nextBoolean() ? null : one(List.of(values));
  }

  private <T> T one(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private List<String> some(List<String> values) {
    return values.stream().filter(each -> random.nextBoolean()).toList();
  }

  private static <T> List<String> named(List<T> things, Function<T, String> nameOf) {
    return things.stream().map(nameOf).toList();
  }
}

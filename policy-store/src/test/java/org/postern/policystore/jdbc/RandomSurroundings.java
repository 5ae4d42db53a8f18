package org.postern.policystore.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.TrustedNetwork;

/// Gives a random configuration domains, connector groups, posture profiles and trusted networks
/// besides those that every draw has, and its posture profiles and networks other contents.
final class RandomSurroundings {
  private static final List<String> SOURCES = List.of("192.0.2.0/24", "198.51.100.7", "fd00::/8");

  private final SplittableRandom random;

  RandomSurroundings(SplittableRandom random) {
    this.random = random;
  }

  PolicyConfiguration over(PolicyConfiguration plain) {
    List<String> domains = new ArrayList<>(plain.domains());
    domains.addAll(some(List.of("z1", "z2.example")));
    List<ConnectorGroup> groups = new ArrayList<>(plain.connectorGroups());
    some(List.of("vpc-c", "vpc-d")).forEach(name -> groups.add(new ConnectorGroup(name)));
    List<PostureProfile> profiles = new ArrayList<>();
    for (PostureProfile profile : plain.postureProfiles()) {
      profiles.add(profile(profile.name(), profile));
    }
    some(List.of("firewall", "patched"))
        .forEach(name -> profiles.add(profile(name, plain.postureProfiles().getFirst())));
    List<TrustedNetwork> networks = new ArrayList<>();
    for (TrustedNetwork network : plain.trustedNetworks()) {
      networks.add(network(network.name()));
    }
    some(List.of("plant", "shop")).forEach(name -> networks.add(network(name)));
    return plain
        .withDomains(domains)
        .withConnectorGroups(groups)
        .withPostureProfiles(profiles)
        .withTrustedNetworks(networks);
  }

  private PostureProfile profile(String name, PostureProfile like) {
    return new PostureProfile(
        name, like.platforms(), random.nextBoolean() ? "" : "Say: \"" + name + "\"", like.terms());
  }

  private TrustedNetwork network(String name) {
    return new TrustedNetwork(
        name, some(SOURCES).stream().map(text -> AddressRange.parse(text).orElseThrow()).toList());
  }

  private List<String> some(List<String> values) {
    return values.stream().filter(each -> random.nextBoolean()).toList();
  }
}

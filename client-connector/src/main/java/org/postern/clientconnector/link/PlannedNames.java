package org.postern.clientconnector.link;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.tunnel.message.NamePlan;

/** The broker's name plan in the words of the local side. */
final class PlannedNames {
  private PlannedNames() {}

  static OwnedNames of(NamePlan plan) {
    Set<String> domains = new HashSet<>(plan.getDomainsList());
    Set<String> names = new HashSet<>();
    for (String name : plan.getNamesList()) {
      if (name.startsWith("*.")) {
        domains.add(name.substring(2));
      } else {
        names.add(name);
      }
    }
    List<Ipv4Range> ranges = new ArrayList<>();
    for (String cidr : plan.getCidrsList()) {
      if (cidr.indexOf(':') < 0) {
        ranges.add(Ipv4Range.parse(cidr));
      }
    }
    return new OwnedNames(
        domains, names, plan.getSearchDomainsList(), ranges, plan.getPolicyVersion());
  }
}

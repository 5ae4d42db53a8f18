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
    Set<String> names = new HashSet<>();
    Set<String> patterns = new HashSet<>();
    for (String name : plan.getNamesList()) {
      (name.indexOf('*') >= 0 || name.indexOf('?') >= 0 ? patterns : names).add(name);
    }
    List<Ipv4Range> ranges = new ArrayList<>();
    for (String cidr : plan.getCidrsList()) {
      if (cidr.indexOf(':') < 0) {
        ranges.add(Ipv4Range.parse(cidr));
      }
    }
    return new OwnedNames(
        new HashSet<>(plan.getDomainsList()),
        names,
        patterns,
        new HashSet<>(plan.getBypassedList()),
        plan.getSearchDomainsList(),
        ranges,
        plan.getPolicyVersion());
  }
}

package org.postern.clientconnector.link;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.postern.clientconnector.local.IpRange;
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
    List<IpRange> ranges = plan.getCidrsList().stream().map(IpRange::parse).toList();
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

package org.postern.policystore.decision;

import java.util.List;
import java.util.function.BiPredicate;
import org.postern.policystore.Server;

/// What a connector may dial for a flow.
///
/// @param host the host that is asked for
/// @param servers any of these as well
public record DialTargets(boolean host, List<Server> servers) {
  /// The host that is asked for and nothing else.
  public static final DialTargets HOST = new DialTargets(true, List.of());

  /// Nothing at all.
  public static final DialTargets NOTHING = new DialTargets(false, List.of());

  /// Copies the list.
  public DialTargets {
    servers = List.copyOf(servers);
  }

  /// Whether any of them passes a test of host and port.
  ///
  /// @param asked the host that is asked for
  public boolean any(String asked, int port, BiPredicate<String, Integer> test) {
    return (host && test.test(asked, port))
        || servers.stream().anyMatch(each -> test.test(each.host(), each.portFor(port)));
  }
}

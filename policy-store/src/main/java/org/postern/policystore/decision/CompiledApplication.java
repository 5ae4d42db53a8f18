package org.postern.policystore.decision;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ClientType;
import org.postern.policystore.PortRange;
import org.postern.policystore.Transport;

/// An application, made ready for being asked: its ports in arrays, and its row in the rules'
/// bitmaps.
final class CompiledApplication {
  final int index;
  final Application application;
  private final int[] tcp;
  private final int[] udp;

  CompiledApplication(int index, Application application) {
    this.index = index;
    this.application = application;
    this.tcp = bounds(application.tcp());
    this.udp = bounds(application.udp());
  }

  private static int[] bounds(List<PortRange> ranges) {
    int[] bounds = new int[2 * ranges.size()];
    for (int i = 0; i < ranges.size(); i++) {
      bounds[2 * i] = ranges.get(i).low();
      bounds[2 * i + 1] = ranges.get(i).high();
    }
    return bounds;
  }

  boolean isInclusive() {
    return application.traits().matching() == ApplicationTraits.Matching.INCLUSIVE;
  }

  boolean existsForAll() {
    return application.traits().exists().size() == ApplicationTraits.DEFAULT.exists().size();
  }

  boolean existsFor(@Nullable ClientType type) {
    return existsForAll() || (type != null && application.traits().exists().contains(type));
  }

  boolean hasPort(int port, Transport transport) {
    int[] bounds = transport == Transport.TCP ? tcp : udp;
    boolean inside = false;
    for (int i = 0; i < bounds.length; i += 2) {
      inside |= bounds[i] <= port && port <= bounds[i + 1];
    }
    return inside;
  }
}

package org.postern.appconnector.link;

import org.postern.appconnector.config.ConnectorLimits;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.flow.FlowLimits;

/**
 * The limits of the connector and of the tunnel beneath it.
 *
 * @param connector this module's
 * @param tunnel links, carriers, lanes
 * @param flow flows inside lanes
 * @param memoryBytes what all flows may hold together
 */
public record LinkLimits(
    ConnectorLimits connector, TunnelLimits tunnel, FlowLimits flow, long memoryBytes) {

  /** Production's, with a quarter of a GiB for flows. */
  public static final LinkLimits DEFAULT =
      new LinkLimits(ConnectorLimits.DEFAULT, TunnelLimits.DEFAULT, FlowLimits.DEFAULT, 256L << 20);
}

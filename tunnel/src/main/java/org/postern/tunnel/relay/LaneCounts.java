package org.postern.tunnel.relay;

/**
 * Bytes that a lane carried, as the kernel counted them when it moved them between the broker's two
 * sockets: inner TLS records, not plain text.
 *
 * @param fromDevice received from the device since the lane was joined
 * @param fromConnector received from the connector since the lane was joined
 */
public record LaneCounts(long fromDevice, long fromConnector) {
  /** Nothing yet. */
  public static final LaneCounts ZERO = new LaneCounts(0, 0);
}

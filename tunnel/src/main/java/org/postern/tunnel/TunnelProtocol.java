package org.postern.tunnel;

/** Facts that both ends of every connection must agree on. */
public final class TunnelProtocol {
  /** ALPN protocol name of the tunnel door (RFC 7301). */
  public static final String ALPN = "postern/1";

  /** ALPN protocol name of the inner TLS session of a lane. */
  public static final String LANE_ALPN = "postern-lane/1";

  /** Version 1: the first. */
  public static final int VERSION = 1;

  private TunnelProtocol() {}
}

package org.postern.tunnel.flow;

/** The flows of one end. */
public final class FlowMux {
  private FlowMux() {}
}

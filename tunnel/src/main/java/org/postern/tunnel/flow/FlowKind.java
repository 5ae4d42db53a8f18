package org.postern.tunnel.flow;

/** What a flow carries. */
public enum FlowKind {
  /** A TCP connection: bytes in order, each exactly once, each direction closed by itself. */
  TCP,
  /** A UDP association: datagrams with their boundaries; some may get lost. */
  UDP
}

package org.postern.clientconnector.local;

import java.util.List;

/** The broker's answer for a name. */
public sealed interface Resolution {

  /**
   * The name may be reached on these ports.
   *
   * @param tcp permitted TCP ports, at most {@link LocalLimits#portRangesPerNameMax()} are used
   * @param udp permitted UDP ports, likewise
   * @param policyVersion the policy that said so
   */
  record Permitted(List<PortRange> tcp, List<PortRange> udp, long policyVersion)
      implements Resolution {
    public Permitted {
      tcp = List.copyOf(tcp);
      udp = List.copyOf(udp);
    }

    /** Whether a TCP connection to this port may be asked for. */
    public boolean allowsTcp(int port) {
      return tcp.stream().anyMatch(range -> range.contains(port));
    }

    /** Whether a UDP association with this port may be asked for. */
    public boolean allowsUdp(int port) {
      return udp.stream().anyMatch(range -> range.contains(port));
    }
  }

  /** Forbidden or nonexistent: nobody can tell which. */
  record Unknown(long policyVersion) implements Resolution {}

  /**
   * Not ours: whatever resolver the machine has besides answers, and programs dial it themselves.
   */
  record Bypassed(long policyVersion) implements Resolution {}

  /**
   * There is no answer now (no broker, signed out, overload); it is not remembered.
   *
   * @param text one sentence for a person
   */
  record Unavailable(String text) implements Resolution {}
}

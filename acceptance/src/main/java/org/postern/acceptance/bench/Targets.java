package org.postern.acceptance.bench;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What Postern promises; figures that are promises say so in the table. */
final class Targets {
  /**
   * One promise.
   *
   * @param figure its name
   * @param peer whose multiple is promised, null when it is the figure itself
   * @param most whether the bound is the most, or the least
   */
  record Target(String figure, @Nullable String peer, boolean most, double bound) {
    private boolean concerns(Figure figureThere) {
      return figureThere.name().equals(figure) && (peer == null || peer.equals(figureThere.peer()));
    }

    private boolean isMet(Figure figureThere) {
      double value = peer == null ? figureThere.value() : figureThere.ratio();
      return most ? value <= bound : value >= bound;
    }

    /** The promise, and whether it is kept. */
    String verdict(Figure figureThere) {
      return "%s %s%s: %s"
          .formatted(
              most ? "<=" : ">=",
              Figure.number(bound),
              peer == null ? "" : " x",
              isMet(figureThere) ? "met" : "MISSED");
    }
  }

  private static final List<Target> ALL =
      List.of(
          most("relay.postern.cpu", "haproxy-splice", 0.9),
          most("relay.postern.cpu", "haproxy-tls", 0.35),
          least("throughput.postern.one-flow", "wireguard-go", 5),
          least("throughput.postern.one-flow", "nebula", 5),
          least("throughput.postern.one-flow", "openvpn", 5),
          least("throughput.postern.one-flow", "ssh-L", 1.2),
          least("throughput.postern.64-flows", "one-flow", 1),
          most("throughput.postern.answer-p99-beside-bulk", "idle", 3),
          most("throughput.postern.slow-readers-memory", null, 56),
          most("throughput.postern.answer-p99-beside-slow-readers", "idle", 3),
          most("open.postern.p50", null, 2),
          most("open.postern.p99", null, 10),
          least("open.postern.rate", null, 2000),
          least("open.postern.rate", "stunnel-chain", 2),
          most("open.postern.relay-cpu", null, 120),
          most("open.postern.p50-at-40ms", null, 45),
          most("open.postern.first-flow-at-40ms", null, 45),
          most("decision.postern.p50", null, 1000),
          most("decision.postern.p99", null, 5000),
          most("decision.postern.allocated", null, 0.5),
          most("decision.postern.snapshot-build", null, 2),
          most("decision.postern.cut-of-10000-flows", null, 1),
          most("decision.postern-largest.p50", null, 1000),
          most("decision.postern-largest.p99", null, 5000),
          most("decision.postern-largest.allocated", null, 0.5),
          most("decision.postern-largest.snapshot-build", null, 2),
          most("decision.postern-largest.cut-of-10000-flows", null, 1),
          most("cut.postern.scim-inactive.p99", null, 1000),
          most("cut.postern.signal.p99", null, 1000),
          most("cut.postern.session-revoke.p99", null, 1000),
          most("cut.postern.quarantine.p99", null, 1000),
          most("cut.postern.posture.p99", null, 1000),
          most("cut.postern.session-age.p99", null, 1000),
          most("reload.postern.heap", null, 1024),
          most("reload.postern.rule-change-p99", null, 500),
          least("scim.postern.limit", null, 500),
          least("scim.postern.rate-at-500", null, 495),
          most("scim.postern.visible-max", null, 1000),
          most("scim.postern.lost-over-kill", null, 0),
          most("lint.postern.lint", null, 2),
          most("lint.postern.reach", null, 2),
          most("lint.postern.who-can-reach", null, 2),
          most("lint.postern.diff", null, 2),
          most("idle.postern.control-link", null, 30),
          most("idle.postern.carrier", null, 25),
          most("idle.postern.lane", null, 12),
          most("idle.postern.flow", null, 1),
          most("idle.postern-client.flow.resident-at-0", null, 80),
          most("idle.postern-client.flow.resident-at-1000", null, 120));

  private Targets() {}

  private static Target most(String figure, @Nullable String peer, double bound) {
    return new Target(figure, peer, true, bound);
  }

  private static Target least(String figure, @Nullable String peer, double bound) {
    return new Target(figure, peer, false, bound);
  }

  /** The promise that a figure is about. */
  static Optional<Target> of(Figure figure) {
    return ALL.stream()
        .filter(target -> target.concerns(figure))
        .max((one, other) -> Boolean.compare(one.peer() != null, other.peer() != null));
  }
}

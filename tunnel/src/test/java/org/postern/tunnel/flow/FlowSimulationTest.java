package org.postern.tunnel.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.tunnel.flow.SimulatedPair.Program;
import org.postern.tunnel.flow.SimulatedPair.Wire;
import org.postern.tunnel.message.ReasonCode;

/** Random histories of two ends: whatever happens to lanes, every byte arrives once, in order. */
class FlowSimulationTest {
  private static final int FLOWS = 24;
  private static final int STEPS = 30_000;
  private static final int DRAIN_STEPS_MAX = 400_000;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void everyByteArrivesOnceAndInOrderWhateverHappensToLanes(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    MemoryBudget memory = new MemoryBudget(seed % 3 == 0 ? 1 << 20 : 64 << 20);
    SimulatedPair pair = new SimulatedPair(random, FlowLimits.DEFAULT, memory);
    pair.newWire();
    long opened = 0;
    for (int step = 0; step < STEPS; step++) {
      if (opened < FLOWS && random.nextInt(200) == 0) {
        pair.open(++opened, any(pair, random), size(random), size(random));
      }
      step(pair, random);
      disturb(pair, random);
    }
    while (opened < FLOWS) {
      pair.open(++opened, any(pair, random), size(random), size(random));
    }
    drain(pair, random, seed);
    check(pair, memory, seed);
  }

  private static long size(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(200);
      case 2 -> random.nextInt(100_000);
      default -> random.nextInt(600_000);
    };
  }

  private static Wire any(SimulatedPair pair, SplittableRandom random) {
    return pair.wires.get(random.nextInt(pair.wires.size()));
  }

  private static void step(SimulatedPair pair, SplittableRandom random) {
    pair.now += random.nextInt((int) SimulatedPair.MILLI / 4);
    if (!pair.control.isEmpty() && random.nextInt(10) == 0) {
      pair.control.removeFirst().run();
    }
    for (SimulatedPair.End end : List.of(pair.device, pair.connector)) {
      for (Program program : end.programs.values()) {
        int what = random.nextInt(12);
        if (what == 0) {
          program.send(1 + random.nextInt(random.nextBoolean() ? 30 : 100_000));
        } else if (what == 1) {
          program.consume(1 + random.nextInt(200_000));
        }
      }
    }
    if (!pair.wires.isEmpty()) {
      any(pair, random).deliver(random.nextBoolean(), 1 + random.nextInt(70_000));
    }
    if (random.nextInt(20) == 0) {
      pair.tick();
    }
    pair.settle();
    rescue(pair, random);
  }

  /** Orphans are put onto some lane, as the device would. */
  private static void rescue(SimulatedPair pair, SplittableRandom random) {
    if (pair.wires.isEmpty()) {
      pair.newWire();
    }
    while (!pair.device.orphaned.isEmpty()) {
      pair.move(pair.device.orphaned.removeLast(), any(pair, random));
    }
    pair.connector.orphaned.clear();
  }

  private static void disturb(SimulatedPair pair, SplittableRandom random) {
    boolean allGranted =
        pair.device.programs.keySet().stream()
            .allMatch(id -> pair.connector.mux.flow(id) != null || isOver(pair, id));
    switch (random.nextInt(400)) {
      case 0 -> {
        if (allGranted && !pair.wires.isEmpty()) {
          any(pair, random).kill();
        }
      }
      case 1, 2 -> {
        if (allGranted && !pair.device.programs.isEmpty()) {
          pair.move(1 + random.nextInt(pair.device.programs.size()), any(pair, random));
        }
      }
      case 3 -> {
        if (pair.wires.size() < 6) {
          pair.newWire();
        }
      }
      case 4, 5 -> {
        SimulatedPair.End end = random.nextBoolean() ? pair.device : pair.connector;
        end.programs.values().stream()
            .skip(random.nextInt(Math.max(1, end.programs.size())))
            .findFirst()
            .ifPresent(program -> program.stalled = !program.stalled);
      }
      default -> {}
    }
  }

  private static boolean isOver(SimulatedPair pair, long flowId) {
    return pair.connector.closed.containsKey(flowId);
  }

  private static void drain(SimulatedPair pair, SplittableRandom random, long seed) {
    pair.device.programs.values().forEach(program -> program.stalled = false);
    pair.connector.programs.values().forEach(program -> program.stalled = false);
    int steps = 0;
    while (pair.device.mux.flowCount() + pair.connector.mux.flowCount() > 0) {
      step(pair, random);
      assertThat(++steps)
          .as("seed %d: flows left: %s", seed, describe(pair))
          .isLessThan(DRAIN_STEPS_MAX);
    }
  }

  private static String describe(SimulatedPair pair) {
    StringBuilder text = new StringBuilder();
    for (SimulatedPair.End end : List.of(pair.device, pair.connector)) {
      for (FlowState flow : end.mux.flows()) {
        LanePort lane = flow.lane;
        text.append(
            "%n%s flow %d %s on %s, awaits %s, kept %d, finQueued %s, finAcked %s, closed there: %s"
                .formatted(
                    end.role,
                    flow.id,
                    flow.phase,
                    lane == null ? "no lane" : lane.key(),
                    flow.awaitsResume,
                    flow.out.keptBytes(),
                    flow.out.finQueued(),
                    flow.out.finAcked(),
                    (end.role == FlowRole.DEVICE ? pair.connector : pair.device)
                        .closed.get(flow.id)));
      }
    }
    return text.toString();
  }

  private static void check(SimulatedPair pair, MemoryBudget memory, long seed) {
    for (SimulatedPair.End end : List.of(pair.device, pair.connector)) {
      assertThat(end.laneFaults).as("seed %d", seed).isEmpty();
      assertThat(end.closed).as("seed %d", seed).hasSize(FLOWS);
      for (Program program : end.programs.values()) {
        FlowSummary summary = program.summary;
        assertThat(summary).as("seed %d flow %d", seed, program.flowId).isNotNull();
        FlowSummary far = pair.device.closed.get(program.flowId);
        boolean onlyLastAckLost =
            summary.reason() == ReasonCode.LANE_LOST && far != null && far.clean();
        assertThat(summary.clean() || onlyLastAckLost)
            .as("seed %d %s %s", seed, end.role, summary)
            .isTrue();
        assertThat(program.received).as("seed %d %s", seed, summary).isEqualTo(program.toReceive);
        assertThat(summary.bytesToPeer()).isEqualTo(program.toSend);
        assertThat(summary.bytesFromPeer()).isEqualTo(program.toReceive);
      }
    }
    pair.wires.forEach(wire -> {
      wire.toConnector.clear();
      wire.toDevice.clear();
    });
    assertThat(memory.usedBytes()).as("seed %d: budget", seed).isZero();
    assertThat(pair.allocator.metric().usedHeapMemory()).as("seed %d: heap", seed).isZero();
    assertThat(pair.allocator.metric().usedDirectMemory()).as("seed %d: direct", seed).isZero();
  }
}

package org.postern.tunnel.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The reason codes with which the last few flows ended, by flow id. Bounded; forgets the oldest.
 */
final class ClosedFlows {
  private final int rememberedMax;
  private final Map<Long, Integer> codes = new LinkedHashMap<>();

  ClosedFlows(int rememberedMax) {
    this.rememberedMax = rememberedMax;
  }

  void add(long flowId, int code) {
    codes.putIfAbsent(flowId, code);
    if (codes.size() > rememberedMax) {
      var oldest = codes.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  boolean contains(long flowId) {
    return codes.containsKey(flowId);
  }

  /** Code with which the flow ended; null when it is not remembered. */
  @Nullable Integer code(long flowId) {
    return codes.get(flowId);
  }
}

package org.postern.broker.connectorside;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many flows a connector holds by what passed here, between two of its own reports. A flow that
 * is cut ends with two messages, FLOW_CLOSED or REFUSED and then CUT_DONE, and counts out once. Any
 * thread.
 */
final class FlowCount {
  private record Flow(String deviceSpiffeId, long flowId) {}

  private final AtomicInteger flows = new AtomicInteger();

  /** Flows whose CUT_DONE is outstanding, and whether they have counted out already. */
  private final Map<Flow, Boolean> cutting = new ConcurrentHashMap<>();

  int get() {
    return flows.get();
  }

  void granted() {
    flows.incrementAndGet();
  }

  void cut(String deviceSpiffeId, long flowId) {
    cutting.put(new Flow(deviceSpiffeId, flowId), false);
  }

  /** It was closed or refused. */
  void over(String deviceSpiffeId, long flowId) {
    cutting.replace(new Flow(deviceSpiffeId, flowId), true);
    countOut();
  }

  void cutDone(String deviceSpiffeId, long flowId) {
    Boolean counted = cutting.remove(new Flow(deviceSpiffeId, flowId));
    if (counted != null && !counted) {
      countOut();
    }
  }

  private void countOut() {
    flows.updateAndGet(count -> Math.max(0, count - 1));
  }

  /** The connector's own word. */
  void reported(int count) {
    flows.set(count);
  }
}

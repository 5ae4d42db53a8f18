package org.postern.appconnector.link;

import java.util.concurrent.atomic.AtomicInteger;

/** How many flows live in this process, and how many may. Any thread. */
final class FlowCount {
  private final int most;
  private final AtomicInteger live = new AtomicInteger();

  FlowCount(int most) {
    this.most = most;
  }

  /** Counts one more, or says that there are enough. */
  boolean tryAdd() {
    if (live.incrementAndGet() <= most) {
      return true;
    }
    live.decrementAndGet();
    return false;
  }

  void remove() {
    int left = live.decrementAndGet();
    assert left >= 0 : left;
  }

  int live() {
    return live.get();
  }
}

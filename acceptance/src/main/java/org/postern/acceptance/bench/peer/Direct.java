package org.postern.acceptance.bench.peer;

import java.util.List;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Contender;
import org.postern.acceptance.bench.Dial;

/** Nobody in the middle: what the load and its ends cost by themselves. */
public final class Direct implements Contender {
  @Override
  public String label() {
    return "direct";
  }

  @Override
  public Way open(BenchRun run, Target target) {
    return new Way(new Dial.Tcp(target.plain()), List::of);
  }
}

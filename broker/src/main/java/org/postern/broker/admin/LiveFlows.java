package org.postern.broker.admin;

import java.util.List;

/** The flows that are open through this broker. Implementations are safe to ask on any thread. */
public interface LiveFlows {

  /** At most {@code max} of them, newest first. */
  List<LiveFlow> list(int max);

  /** How many there are. */
  long count();
}

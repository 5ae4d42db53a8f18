package org.postern.broker;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.postern.broker.access.SourceMemory;
import org.postern.policystore.jdbc.DeviceSources;

/**
 * Writes down a little later, many at a time, where devices were seen. {@link #seen} never blocks
 * and holds the newest of each device; {@link #write} blocks and is called by one timer.
 */
final class SourceRecorder implements SourceMemory {
  /** How often it writes. */
  static final Duration PAUSE = Duration.ofSeconds(1);

  private final Map<String, DeviceSources.Seen> waiting = new ConcurrentHashMap<>();
  private final DeviceSources sources;

  SourceRecorder(DeviceSources sources) {
    this.sources = sources;
  }

  @Override
  public void seen(String deviceId, String address, Instant at) {
    waiting.put(deviceId, new DeviceSources.Seen(deviceId, address, at));
  }

  void write() {
    List<DeviceSources.Seen> batch = new ArrayList<>(waiting.values());
    if (!batch.isEmpty()) {
      sources.save(batch);
      batch.forEach(each -> waiting.remove(each.deviceId(), each));
    }
  }
}

package org.postern.broker;

import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.postern.broker.access.PostureMemory;
import org.postern.policystore.jdbc.PostureReports;
import org.postern.policystore.posture.DevicePosture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes reports from control links, which must not block, to threads that may. */
final class PostureArchive implements PostureMemory {
  private static final Logger LOG = LoggerFactory.getLogger(PostureArchive.class);

  private final PostureReports reports;
  private final Executor blocking;

  PostureArchive(PostureReports reports, Executor blocking) {
    this.reports = reports;
    this.blocking = blocking;
  }

  @Override
  public void save(String deviceId, DevicePosture posture) {
    work("kept", deviceId, () -> reports.save(deviceId, posture));
  }

  @Override
  public void confirmed(String deviceId, Instant receivedAt) {
    work("kept", deviceId, () -> reports.confirmed(deviceId, receivedAt));
  }

  @Override
  public void load(String deviceId, Consumer<DevicePosture> found) {
    work("read", deviceId, () -> reports.find(deviceId).ifPresent(found));
  }

  private void work(String what, String deviceId, Runnable task) {
    blocking.execute(() -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        // Decisions go on by what is in memory.
        LOG.warn("posture of {} was not {}: {}", deviceId, what, e.getMessage());
      }
    });
  }
}

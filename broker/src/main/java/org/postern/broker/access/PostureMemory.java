package org.postern.broker.access;

import java.time.Instant;
import java.util.function.Consumer;
import org.postern.policystore.posture.DevicePosture;

/** Keeps reports for longer than a process lives. Never blocks; callable by any thread. */
public interface PostureMemory {
  /** Keeps a report. */
  void save(String deviceId, DevicePosture posture);

  /** The same facts were reported again. */
  void confirmed(String deviceId, Instant receivedAt);

  /** Finds what was kept; tells it later, on any thread, or never. */
  void load(String deviceId, Consumer<DevicePosture> found);

  /** Forgets everything. */
  PostureMemory NONE =
      new PostureMemory() {
        @Override
        public void save(String deviceId, DevicePosture posture) {}

        @Override
        public void confirmed(String deviceId, Instant receivedAt) {}

        @Override
        public void load(String deviceId, Consumer<DevicePosture> found) {}
      };
}

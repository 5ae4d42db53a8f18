package org.postern.appconnector.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How busy this machine and process are. Blocking (it reads /proc): never on an event loop. */
final class ProcessLoad {
  private static final long FILES_UNKNOWN = 4096;

  private volatile int percent;

  /** The last sample, 0 to 100. Any thread. */
  int percent() {
    return percent;
  }

  /** The larger of processor load and used file descriptors. */
  void sample() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean machine) {
      double processor = machine.getCpuLoad();
      double files =
          (double) machine.getOpenFileDescriptorCount()
              / Math.max(1, machine.getMaxFileDescriptorCount());
      percent = (int) Math.clamp(Math.max(processor, files) * 100, 0, 100);
    }
  }

  /** Files that this process may have open. */
  static long filesMax() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean machine
        ? machine.getMaxFileDescriptorCount()
        : FILES_UNKNOWN;
  }
}

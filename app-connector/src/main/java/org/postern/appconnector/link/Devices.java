package org.postern.appconnector.link;

import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The devices that have, or are about to have, a lane here. A device belongs to one event loop from
 * its first lane until it has neither lanes nor flows. Safe on any thread.
 */
final class Devices {
  private final int most;
  private final BiFunction<String, EventLoop, DeviceOnConnector> factory;
  private final ConcurrentHashMap<String, DeviceOnConnector> byId = new ConcurrentHashMap<>();

  Devices(int most, BiFunction<String, EventLoop, DeviceOnConnector> factory) {
    this.most = most;
    this.factory = factory;
  }

  @Nullable DeviceOnConnector find(String deviceId) {
    return byId.get(deviceId);
  }

  /**
   * The device, made on {@code loop} if it was not here. It stays until {@link #release}, and while
   * it is busy. Null if there are too many.
   */
  @Nullable DeviceOnConnector claim(String deviceId, EventLoop loop) {
    return byId.compute(
        deviceId,
        (id, device) -> {
          DeviceOnConnector claimed = device;
          if (claimed == null) {
            if (byId.mappingCount() >= most) {
              return null;
            }
            claimed = factory.apply(id, loop);
          }
          claimed.claims++;
          return claimed;
        });
  }

  /** Ends a claim. On the device's loop. */
  void release(DeviceOnConnector device) {
    byId.computeIfPresent(
        device.id(),
        (id, present) -> {
          if (present == device) {
            present.claims--;
          }
          return keepIfNeeded(present);
        });
  }

  /** Forgets a device that has nothing left. On the device's loop. */
  void sweep(DeviceOnConnector device) {
    byId.computeIfPresent(
        device.id(), (id, present) -> present == device ? keepIfNeeded(present) : present);
  }

  private static @Nullable DeviceOnConnector keepIfNeeded(DeviceOnConnector device) {
    return device.claims > 0 || device.isBusy() ? device : null;
  }

  List<DeviceOnConnector> all() {
    return List.copyOf(byId.values());
  }

  int size() {
    return byId.size();
  }
}

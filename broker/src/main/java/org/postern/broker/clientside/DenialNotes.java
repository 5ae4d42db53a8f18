package org.postern.broker.clientside;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Which denied names and faults of one device are worth keeping: a device asks for the same name
 * over and over, and one that is broken or hostile asks for thousands. Confined to the device's
 * loop.
 */
final class DenialNotes {
  /** How long a name that was kept is not kept again. */
  static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** Names that are remembered; the oldest go first. */
  static final int NAMES_MAX = 256;

  /** Notes of one device, sustained; twice as many at once. */
  static final int PER_SECOND = 5;

  private final TokenBucket bucket;
  private final Map<String, Long> kept =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > NAMES_MAX;
        }
      };

  DenialNotes(long nowNanos) {
    this.bucket = new TokenBucket(PER_SECOND, nowNanos);
  }

  /** Whether a denial of this name is to be kept now. */
  boolean isNewName(String host, long nowNanos) {
    Long before = kept.get(host);
    if ((before != null && nowNanos - before < AGAIN_NANOS) || !bucket.tryTake(nowNanos)) {
      return false;
    }
    kept.remove(host);
    kept.put(host, nowNanos);
    return true;
  }

  /** Whether a fault is to be kept now. */
  boolean mayKeepFault(long nowNanos) {
    return bucket.tryTake(nowNanos);
  }

  /** Policy is another one: what is denied now may be denied for another reason. */
  void forget() {
    kept.clear();
  }
}

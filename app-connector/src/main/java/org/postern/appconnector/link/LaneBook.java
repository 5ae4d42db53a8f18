package org.postern.appconnector.link;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Grant;

/**
 * Which device each lane proved to belong to, and the grants that came before their lane: a grant
 * travels on the control link and its lane on a carrier, so either may be first. Safe on any
 * thread; entries change atomically per lane.
 */
final class LaneBook {
  private final int grantsWaitingMax;
  private final ConcurrentHashMap<ByteString, Entry> lanes = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();

  LaneBook(int grantsWaitingMax) {
    this.grantsWaitingMax = grantsWaitingMax;
  }

  /** What is known about the lane of a grant. */
  sealed interface LookUp {
    /** The lane is here, and belongs to that device. */
    record Attached(DeviceOnConnector device) implements LookUp {}

    /** The lane is not here yet; the grant is kept until {@link #attach} or {@link #withdraw}. */
    record Waiting() implements LookUp {}

    /** The lane is not here, and too many grants wait already. */
    record TooManyWaiting() implements LookUp {}
  }

  private sealed interface Entry {
    record Owned(DeviceOnConnector device) implements Entry {}

    record Awaited(List<Grant> grants) implements Entry {}
  }

  LookUp lookUpOrWait(Grant grant) {
    AtomicReference<LookUp> result = new AtomicReference<>(new LookUp.Waiting());
    lanes.compute(
        grant.getLaneId(),
        (lane, entry) ->
            switch (entry) {
              case Entry.Owned owned -> {
                result.set(new LookUp.Attached(owned.device));
                yield owned;
              }
              case Entry.Awaited awaited -> wait(awaited, grant, result);
              case null -> wait(null, grant, result);
            });
    return Objects.requireNonNull(result.get());
  }

  private Entry.@Nullable Awaited wait(
      Entry.@Nullable Awaited awaited, Grant grant, AtomicReference<LookUp> result) {
    if (waiting.incrementAndGet() > grantsWaitingMax) {
      waiting.decrementAndGet();
      result.set(new LookUp.TooManyWaiting());
      return awaited;
    }
    List<Grant> grants = new ArrayList<>();
    if (awaited != null) {
      grants.addAll(awaited.grants);
    }
    grants.add(grant);
    return new Entry.Awaited(List.copyOf(grants));
  }

  /**
   * A lane proved its device.
   *
   * @return the grants that waited for it, in their order; null if a lane of that id is here
   *     already, which then stays
   */
  @Nullable List<Grant> attach(ByteString laneId, DeviceOnConnector device) {
    AtomicReference<@Nullable List<Grant>> result = new AtomicReference<>();
    lanes.compute(
        laneId,
        (lane, entry) ->
            switch (entry) {
              case Entry.Owned owned -> owned;
              case Entry.Awaited awaited -> {
                result.set(awaited.grants);
                yield new Entry.Owned(device);
              }
              case null -> {
                result.set(List.of());
                yield new Entry.Owned(device);
              }
            });
    List<Grant> grants = result.get();
    if (grants != null) {
      waiting.addAndGet(-grants.size());
    }
    return grants;
  }

  /** The lane is gone. */
  void detach(ByteString laneId, DeviceOnConnector device) {
    lanes.computeIfPresent(
        laneId,
        (lane, entry) ->
            entry instanceof Entry.Owned owned && owned.device == device ? null : entry);
  }

  /** Takes back a grant that waits; false if it does not wait (any more). */
  boolean withdraw(Grant grant) {
    AtomicInteger found = new AtomicInteger();
    lanes.computeIfPresent(
        grant.getLaneId(),
        (lane, entry) ->
            switch (entry) {
              case Entry.Owned owned -> owned;
              case Entry.Awaited awaited -> {
                List<Grant> rest = awaited.grants.stream().filter(g -> !isSame(g, grant)).toList();
                found.set(awaited.grants.size() - rest.size());
                yield rest.isEmpty() ? null : new Entry.Awaited(rest);
              }
            });
    waiting.addAndGet(-found.get());
    return found.get() > 0;
  }

  /** Obligations may have changed while it waited. */
  private static boolean isSame(Grant left, Grant right) {
    return left.toBuilder()
        .setObligations(right.getObligations())
        .build()
        .equals(right.toBuilder().setObligations(right.getObligations()).build());
  }

  /** A grant that waits gets the obligations that hold now. Walks all: for changes only. */
  void onTerms(FlowTerms terms) {
    Grant grant = waitingFor(terms.getDeviceSpiffeId(), terms.getFlowId());
    if (grant == null) {
      return;
    }
    lanes.computeIfPresent(
        grant.getLaneId(),
        (lane, entry) ->
            switch (entry) {
              case Entry.Owned owned -> owned;
              case Entry.Awaited awaited ->
                  new Entry.Awaited(
                      awaited.grants.stream()
                          .map(each ->
                              isSame(each, grant)
                                  ? each.toBuilder().setObligations(terms.getObligations()).build()
                                  : each)
                          .toList());
            });
  }

  /** Takes back all grants that wait for a lane that will not come. */
  List<Grant> abandon(ByteString laneId) {
    AtomicReference<List<Grant>> found = new AtomicReference<>(List.of());
    lanes.computeIfPresent(
        laneId,
        (lane, entry) ->
            switch (entry) {
              case Entry.Owned owned -> owned;
              case Entry.Awaited awaited -> {
                found.set(awaited.grants);
                yield null;
              }
            });
    List<Grant> grants = Objects.requireNonNull(found.get());
    waiting.addAndGet(-grants.size());
    return grants;
  }

  /** The grant that waits for this flow of this device, or null. Walks all: for cuts only. */
  @Nullable Grant waitingFor(String deviceId, long flowId) {
    for (Entry entry : lanes.values()) {
      if (entry instanceof Entry.Awaited awaited) {
        for (Grant grant : awaited.grants) {
          if (grant.getFlowId() == flowId && grant.getDeviceSpiffeId().equals(deviceId)) {
            return grant;
          }
        }
      }
    }
    return null;
  }

  int lanes() {
    return lanes.size();
  }

  int grantsWaiting() {
    return waiting.get();
  }
}

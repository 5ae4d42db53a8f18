package org.postern.policystore.posture;

import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The latest report of a device, as a broker keeps it.
///
/// @param facts what it said; what is not there was not reported
/// @param receivedAt when the broker had it, by the broker's clock
/// @param metUntil profiles that an earlier report met, and until when: what grace counts from
public record DevicePosture(
    SortedMap<FactName, Fact> facts, Instant receivedAt, Map<String, Instant> metUntil) {
  /// Copies the maps.
  public DevicePosture {
    facts = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(facts));
    metUntil = Map.copyOf(metUntil);
  }
}

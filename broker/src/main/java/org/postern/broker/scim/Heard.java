package org.postern.broker.scim;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.jdbc.ScimSettings;

/**
 * What was heard of each provider, kept here and written now and then: a row that every request
 * wrote would make them stand in line. A broker that is killed forgets the last seconds of it, and
 * nothing else. Any thread.
 */
final class Heard {
  private static final int ERROR_CHARACTERS_MAX = 500;

  private static final class Counts {
    private long requests;
    private long errors;
    private @Nullable Instant requestAt;
    private @Nullable Instant changeAt;
    private @Nullable Instant errorAt;
    private @Nullable String error;
  }

  private final ScimSettings settings;
  private final String brokerId;
  private final InstantSource clock;
  private Map<String, Counts> byProvider = new HashMap<>();

  Heard(ScimSettings settings, String brokerId, InstantSource clock) {
    this.settings = settings;
    this.brokerId = brokerId;
    this.clock = clock;
  }

  synchronized void request(String provider, boolean changes) {
    Counts counts = byProvider.computeIfAbsent(provider, key -> new Counts());
    counts.requests++;
    counts.requestAt = clock.instant();
    if (changes) {
      counts.changeAt = counts.requestAt;
    }
  }

  synchronized void error(String provider, String what) {
    Counts counts = byProvider.computeIfAbsent(provider, key -> new Counts());
    counts.errors++;
    counts.errorAt = clock.instant();
    counts.error = what.substring(0, Math.min(what.length(), ERROR_CHARACTERS_MAX));
  }

  private synchronized Map<String, Counts> take() {
    Map<String, Counts> taken = byProvider;
    byProvider = new HashMap<>();
    return taken;
  }

  /** Writes what came since the last time. Blocks. */
  void write() {
    take()
        .forEach((provider, counts) ->
            settings.heard(
                provider,
                brokerId,
                new ScimSettings.Heard(
                    counts.requests,
                    counts.errors,
                    Optional.ofNullable(counts.requestAt),
                    Optional.ofNullable(counts.changeAt),
                    Optional.ofNullable(counts.errorAt),
                    Optional.ofNullable(counts.error))));
  }
}

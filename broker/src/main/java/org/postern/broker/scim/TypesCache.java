package org.postern.broker.scim;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.postern.policystore.jdbc.ScimSettings;

/** The resource types of each provider, read again when they are a few seconds old. Any thread. */
final class TypesCache {
  private record Known(Map<String, String> documents, ScimTypes types, Instant readAt) {}

  private final ScimSettings settings;
  private final ScimLimits limits;
  private final InstantSource clock;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  TypesCache(ScimSettings settings, ScimLimits limits, InstantSource clock) {
    this.settings = settings;
    this.limits = limits;
    this.clock = clock;
  }

  /** Of a configured provider; whoever asks has shown its token. */
  ScimTypes of(String provider) {
    Instant now = clock.instant();
    Known before = known.get(provider);
    if (before != null && now.isBefore(before.readAt().plus(limits.settingsAge()))) {
      return before.types();
    }
    Map<String, String> documents = settings.schemas(provider);
    ScimTypes types =
        before != null && before.documents().equals(documents)
            ? before.types()
            : ScimTypes.with(documents);
    known.put(provider, new Known(documents, types, now));
    return types;
  }
}

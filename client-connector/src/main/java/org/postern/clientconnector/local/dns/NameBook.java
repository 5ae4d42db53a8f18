package org.postern.clientconnector.local.dns;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Resolution;

/**
 * What the broker said about names, remembered for a short while, yes and no alike; questions about
 * the same name at the same time become one. Owned by the event loop.
 */
final class NameBook {

  private record Entry(Resolution resolution, long validUntilNanos) {}

  private final EventLoop loop;
  private final LocalLimits limits;
  private final Gateway gateway;
  private final LinkedHashMap<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<String, List<Consumer<Resolution>>> waiting = new HashMap<>();
  private int generation;

  NameBook(EventLoop loop, LocalLimits limits, Gateway gateway) {
    this.loop = loop;
    this.limits = limits;
    this.gateway = gateway;
  }

  /** Forgets everything: the policy changed. Answers that are under way are passed on, not kept. */
  void clear() {
    entries.clear();
    generation++;
  }

  /** Calls back once, at once if the answer is remembered. */
  void resolve(String name, Consumer<Resolution> callback) {
    Resolution remembered = remembered(name);
    if (remembered != null) {
      callback.accept(remembered);
      return;
    }
    List<Consumer<Resolution>> others = waiting.get(name);
    if (others != null) {
      if (others.size() < limits.dnsOutstandingMax()) {
        others.add(callback);
      } else {
        callback.accept(new Resolution.Unavailable("too many questions about one name"));
      }
      return;
    }
    if (waiting.size() >= limits.dnsOutstandingMax()) {
      callback.accept(new Resolution.Unavailable("too many questions at a time"));
      return;
    }
    List<Consumer<Resolution>> callbacks = new ArrayList<>(2);
    callbacks.add(callback);
    waiting.put(name, callbacks);
    ask(name, callbacks);
  }

  private void ask(String name, List<Consumer<Resolution>> callbacks) {
    int asked = generation;
    Future<Resolution> answer = gateway.resolve(name);
    Future<?> deadline =
        loop.schedule(
            () -> finish(name, callbacks, new Resolution.Unavailable("the broker did not answer")),
            limits.dnsAnswerTimeout().toNanos(),
            TimeUnit.NANOSECONDS);
    answer.addListener((Future<Resolution> done) -> {
      deadline.cancel(false);
      Resolution resolution =
          done.isSuccess()
              ? done.getNow()
              : new Resolution.Unavailable("the question could not be asked");
      if (asked == generation) {
        remember(name, resolution);
      }
      finish(name, callbacks, resolution);
    });
  }

  private void finish(String name, List<Consumer<Resolution>> callbacks, Resolution resolution) {
    if (waiting.remove(name, callbacks)) {
      callbacks.forEach(callback -> callback.accept(resolution));
    }
  }

  private @Nullable Resolution remembered(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      return null;
    }
    if (entry.validUntilNanos() - loop.ticker().nanoTime() <= 0) {
      entries.remove(name);
      return null;
    }
    return entry.resolution();
  }

  private void remember(String name, Resolution resolution) {
    Duration life =
        switch (resolution) {
          case Resolution.Permitted _ -> limits.dnsPositiveTtl();
          case Resolution.Unknown _, Resolution.Bypassed _ -> limits.dnsNegativeTtl();
          case Resolution.Unavailable _ -> Duration.ZERO;
        };
    if (life.isPositive()) {
      entries.put(name, new Entry(resolution, loop.ticker().nanoTime() + life.toNanos()));
      if (entries.size() > limits.dnsCacheEntriesMax()) {
        entries.pollFirstEntry();
      }
    }
  }
}

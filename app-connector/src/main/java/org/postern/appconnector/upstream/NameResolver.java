package org.postern.appconnector.upstream;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.config.ConnectorLimits;

/**
 * Turns the host of a grant into addresses: a literal as it is, a name by the hosts file and then
 * by the network's name servers, IPv4 and IPv6 at the same time. Equal questions share one look-up;
 * answers are kept for their TTL in a cache of {@code cachedNames}. Confined to one event loop.
 */
final class NameResolver implements AutoCloseable {
  private static final int NAME_LENGTH_MAX = 253;
  private static final int LABEL_LENGTH_MAX = 63;

  private final EventLoop loop;
  private final DnsQuestioner questioner;
  private final Supplier<SystemResolver> system;
  private final ConnectorLimits.Resolve limits;
  private final LongSupplier nanoTime;
  private final Map<String, Promise<Resolution>> underWay = new HashMap<>();
  private final LinkedHashMap<String, Kept> cache = new LinkedHashMap<>(16, 0.75f, true);

  NameResolver(
      EventLoop loop,
      DnsQuestioner questioner,
      Supplier<SystemResolver> system,
      ConnectorLimits.Resolve limits,
      LongSupplier nanoTime) {
    this.loop = loop;
    this.questioner = questioner;
    this.system = system;
    this.limits = limits;
    this.nanoTime = nanoTime;
  }

  /** Never fails: trouble is a {@link Resolution} too. */
  Future<Resolution> resolve(String host) {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
    if (literal != null && host.indexOf('%') < 0) {
      return known(new Resolution.Found(List.of(SystemResolver.toAddress(literal))));
    }
    String name = host.toLowerCase(Locale.ROOT);
    if (name.endsWith(".")) {
      name = name.substring(0, name.length() - 1);
    }
    if (!isHostName(name)) {
      return known(new Resolution.NotFound("the target is neither a host name nor an address"));
    }
    List<InetAddress> fixed = system.get().hosts().get(name);
    if (fixed != null && !fixed.isEmpty()) {
      return known(new Resolution.Found(fixed));
    }
    Resolution kept = fromCache(name);
    if (kept != null) {
      return known(kept);
    }
    Promise<Resolution> shared = underWay.get(name);
    return shared != null ? shared : lookUp(name);
  }

  int cachedNames() {
    return cache.size();
  }

  @Override
  public void close() {
    questioner.close();
  }

  private Future<Resolution> known(Resolution resolution) {
    return loop.newSucceededFuture(resolution);
  }

  private Future<Resolution> lookUp(String name) {
    Promise<Resolution> promise = loop.newPromise();
    // One caller that gives up must not take the answer from the others.
    promise.setUncancellable();
    underWay.put(name, promise);
    new BothFamilies(name, promise).start();
    return promise;
  }

  private @Nullable Resolution fromCache(String name) {
    Kept kept = cache.get(name);
    if (kept == null) {
      return null;
    }
    if (nanoTime.getAsLong() - kept.until >= 0) {
      cache.remove(name);
      return null;
    }
    return kept.use();
  }

  private void keep(String name, Resolution resolution, long ttlNanos) {
    if (ttlNanos <= 0) {
      return;
    }
    cache.put(name, new Kept(resolution, nanoTime.getAsLong() + ttlNanos));
    if (cache.size() > limits.cachedNames()) {
      cache.pollFirstEntry();
    }
  }

  /** Letters, digits, hyphens and underscores; the last label not all digits (WHATWG URL, 3.5). */
  static boolean isHostName(String name) {
    if (name.isEmpty() || name.length() > NAME_LENGTH_MAX) {
      return false;
    }
    String last = "";
    for (String label : name.split("\\.", -1)) {
      if (label.isEmpty() || label.length() > LABEL_LENGTH_MAX || !isLabel(label)) {
        return false;
      }
      last = label;
    }
    return !last.chars().allMatch(c -> c >= '0' && c <= '9') && !last.startsWith("0x");
  }

  private static boolean isLabel(String label) {
    return label
        .chars()
        .allMatch(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
  }

  /** An answer that may be used again; the servers' order is turned by one at each use. */
  private static final class Kept {
    private final Resolution resolution;
    private final long until;
    private int uses;

    Kept(Resolution resolution, long until) {
      this.resolution = resolution;
      this.until = until;
    }

    Resolution use() {
      if (!(resolution instanceof Resolution.Found found) || found.addresses().size() < 2) {
        return resolution;
      }
      uses = (uses + 1) % found.addresses().size();
      List<InetAddress> turned = new ArrayList<>(found.addresses());
      Collections.rotate(turned, -uses);
      return new Resolution.Found(turned);
    }
  }

  /** One look-up: A and AAAA asked together, answered as soon as one family is worth dialling. */
  private final class BothFamilies {
    private final String name;
    private final Promise<Resolution> promise;
    private @Nullable DnsAnswer ipv4;
    private @Nullable DnsAnswer ipv6;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean over;

    BothFamilies(String name, Promise<Resolution> promise) {
      this.name = name;
      this.promise = promise;
    }

    void start() {
      deadline = loop.schedule(this::finish, limits.timeout().toNanos(), TimeUnit.NANOSECONDS);
      questioner.ask(name, DnsRecordType.AAAA).addListener((Future<DnsAnswer> f) -> onIpv6(f));
      questioner.ask(name, DnsRecordType.A).addListener((Future<DnsAnswer> f) -> onIpv4(f));
    }

    private void onIpv4(Future<DnsAnswer> answer) {
      ipv4 = answer.getNow();
      onAnswer(answer.getNow());
    }

    private void onIpv6(Future<DnsAnswer> answer) {
      ipv6 = answer.getNow();
      onAnswer(answer.getNow());
    }

    private void onAnswer(DnsAnswer answer) {
      if (ipv4 != null && ipv6 != null) {
        finish();
      } else if (answer instanceof DnsAnswer.Addresses) {
        loop.schedule(
            () -> promise.trySuccess(soFar()),
            limits.secondFamilyWait().toNanos(),
            TimeUnit.NANOSECONDS);
      }
    }

    private void finish() {
      if (over) {
        return;
      }
      over = true;
      if (deadline != null) {
        deadline.cancel(false);
      }
      underWay.remove(name);
      Resolution resolution = soFar();
      keep(name, resolution, ttlNanos());
      promise.trySuccess(resolution);
    }

    private Resolution soFar() {
      List<InetAddress> addresses = new ArrayList<>();
      String trouble = "";
      String none = "";
      for (DnsAnswer answer : new @Nullable DnsAnswer[] {ipv6, ipv4}) {
        switch (answer) {
          case null -> trouble = "no resolver answered about " + name + " in time";
          case DnsAnswer.Addresses found -> addresses.addAll(found.addresses());
          case DnsAnswer.None nothing -> none = nothing.text();
          case DnsAnswer.Failure failure -> trouble = failure.text();
        }
      }
      if (!addresses.isEmpty()) {
        return new Resolution.Found(addresses);
      }
      return trouble.isEmpty() ? new Resolution.NotFound(none) : new Resolution.Failed(trouble);
    }

    /** An answer without the other family is kept no longer than a "no" would be. */
    private long ttlNanos() {
      long seconds = limits.ttlMax().toSeconds();
      boolean found = false;
      boolean failed = false;
      for (DnsAnswer answer : new @Nullable DnsAnswer[] {ipv6, ipv4}) {
        switch (answer) {
          case DnsAnswer.Addresses addresses -> {
            found = true;
            seconds = Math.min(seconds, addresses.ttlSeconds());
          }
          case DnsAnswer.None none -> {}
          case DnsAnswer.Failure failure -> failed = true;
          case null -> failed = true;
        }
      }
      if (failed && !found) {
        return 0;
      }
      long most = found && !failed ? seconds : Math.min(seconds, limits.negativeTtl().toSeconds());
      return TimeUnit.SECONDS.toNanos(most);
    }
  }
}

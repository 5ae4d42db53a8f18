package org.postern.appconnector.upstream;

import io.netty.channel.AddressedEnvelope;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.resolver.dns.DnsServerAddresses;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;
import org.postern.appconnector.config.ConnectorLimits;

/**
 * Asks the network's name servers one question at a time: server after server, aliases followed,
 * TCP when an answer does not fit a datagram. Each question has a source port of its own (RFC
 * 5452). Confined to one event loop.
 */
final class DnsQuestioner implements AutoCloseable {
  private static final int ATTEMPTS = 3;

  private final EventLoop loop;
  private final DnsNameResolver dns;
  private final Supplier<SystemResolver> system;
  private final ConnectorLimits.Resolve limits;

  DnsQuestioner(
      EventLoop loop,
      SocketTypes sockets,
      Supplier<SystemResolver> system,
      ConnectorLimits.Resolve limits) {
    this.loop = loop;
    this.system = system;
    this.limits = limits;
    this.dns =
        new DnsNameResolverBuilder(loop)
            .datagramChannelType(sockets.datagram())
            .socketChannelType(sockets.stream())
            .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
            .queryTimeoutMillis(limits.queryTimeout().toMillis())
            .resolveCache(NoopDnsCache.INSTANCE)
            .cnameCache(NoopDnsCnameCache.INSTANCE)
            .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
            .nameServerProvider(
                // Never used, every question names its server; the default would read files here.
                hostname ->
                    DnsServerAddresses.singleton(new InetSocketAddress(NetUtil.LOCALHOST4, 53))
                        .stream())
            .build();
  }

  /** Never fails: trouble is an answer too. */
  Future<DnsAnswer> ask(String name, DnsRecordType type) {
    Promise<DnsAnswer> promise = loop.newPromise();
    List<InetSocketAddress> servers = system.get().servers();
    if (servers.isEmpty()) {
      return promise.setSuccess(
          new DnsAnswer.Failure("this machine names no resolver; check resolv.conf or --resolver"));
    }
    new Asking(name, type, servers, promise).next();
    return promise;
  }

  @Override
  public void close() {
    dns.close();
  }

  /** One question on its way through servers and aliases. */
  private final class Asking {
    private final String name;
    private final DnsRecordType type;
    private final List<InetSocketAddress> servers;
    private final Promise<DnsAnswer> promise;
    private String asked;
    private long ttlSeconds = Long.MAX_VALUE;
    private int aliases;
    private int attempts;
    private int timeouts;
    private String trouble = "";

    Asking(
        String name,
        DnsRecordType type,
        List<InetSocketAddress> servers,
        Promise<DnsAnswer> promise) {
      this.name = name;
      this.type = type;
      this.servers = servers;
      this.promise = promise;
      this.asked = name;
    }

    void next() {
      boolean moreServers = attempts < servers.size();
      boolean worthRepeating = timeouts == attempts && attempts < ATTEMPTS;
      if (!moreServers && !worthRepeating) {
        promise.trySuccess(new DnsAnswer.Failure(trouble));
        return;
      }
      InetSocketAddress server = servers.get(attempts++ % servers.size());
      dns.query(server, new DefaultDnsQuestion(asked + ".", type))
          .addListener((Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> done) ->
              onDone(server, done));
    }

    private void onDone(
        InetSocketAddress server, Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> done) {
      if (!done.isSuccess()) {
        timeouts++;
        trouble = "no answer about " + name + " from the resolver " + text(server);
        next();
        return;
      }
      AddressedEnvelope<DnsResponse, InetSocketAddress> envelope = done.getNow();
      try {
        onResponse(server, envelope.content());
      } finally {
        envelope.release();
      }
    }

    private void onResponse(InetSocketAddress server, DnsResponse response) {
      if (response.code().equals(DnsResponseCode.NXDOMAIN)) {
        promise.trySuccess(new DnsAnswer.None(name + " does not exist"));
        return;
      }
      if (!response.code().equals(DnsResponseCode.NOERROR)) {
        trouble =
            "the resolver " + text(server) + " answered " + response.code() + " about " + name;
        next();
        return;
      }
      DnsSections found = DnsSections.read(response, asked, type, limits.addressesPerName());
      ttlSeconds = Math.min(ttlSeconds, found.ttlSeconds());
      if (!found.addresses().isEmpty()) {
        promise.trySuccess(new DnsAnswer.Addresses(found.addresses(), ttlSeconds));
      } else if (found.name().equals(asked) || found.authoritativeEnd()) {
        promise.trySuccess(new DnsAnswer.None(name + " has no " + type.name() + " record"));
      } else {
        follow(found.name());
      }
    }

    private void follow(String target) {
      if (++aliases > ConnectorLimits.Resolve.ALIASES_MAX) {
        promise.trySuccess(
            new DnsAnswer.Failure(
                name + " has more than " + ConnectorLimits.Resolve.ALIASES_MAX + " aliases"));
        return;
      }
      asked = target;
      attempts = 0;
      timeouts = 0;
      next();
    }

    private static String text(InetSocketAddress server) {
      return server.getAddress().getHostAddress();
    }
  }
}

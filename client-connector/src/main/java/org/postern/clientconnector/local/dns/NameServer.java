package org.postern.clientconnector.local.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.Resolution;

/**
 * Our resolver: answers questions about our names, and passes every other one to the resolver that
 * the machine had before. Owned by the event loop.
 *
 * <p>A name that is forbidden and one that does not exist go the same way and get the same answer:
 * both are asked at the broker, and the broker says the same about both.
 */
public final class NameServer {

  /**
   * Firefox asks for this name; NXDOMAIN keeps it from sending its questions past us over HTTPS
   * (support.mozilla.org, "canary domain").
   */
  private static final String CANARY = "use-application-dns.net";

  /** Where addresses come from. */
  public interface AddressBook {

    /**
     * The synthetic address of a permitted name, ready to be dialled: written down, and its ports
     * open at the redirection. The future fails if there is none to be had.
     */
    Future<Integer> addressFor(String name, Resolution.Permitted permitted);

    /** The name behind a synthetic address. */
    @Nullable String nameOf(int address);

    /** The range that synthetic addresses come from. */
    Ipv4Range range();

    /** Their IPv6 form; null where this machine has no IPv6. */
    @Nullable Ipv6Twin twin();
  }

  private final LocalLimits limits;
  private final AddressBook addresses;
  private final NameBook names;
  private final Forwarder forwarder;
  private OwnedNames owned = OwnedNames.NONE;
  private long questions;

  /** A resolver that owns no name and knows no upstream yet. */
  public NameServer(EventLoop loop, LocalLimits limits, Gateway gateway, AddressBook addresses) {
    this.limits = limits;
    this.addresses = addresses;
    this.names = new NameBook(loop, limits, gateway);
    this.forwarder = new Forwarder(loop, limits);
  }

  /** Other names are ours from now on; another policy version empties the caches. */
  public void own(OwnedNames next) {
    owned = next;
    names.clear();
  }

  /** The resolvers that the machine had before us, best first; none of them may be ourselves. */
  public void passOthersTo(List<InetSocketAddress> upstreams) {
    forwarder.use(upstreams);
  }

  /** Asks the broker about a name, or remembers its answer. */
  public void resolve(String name, Consumer<Resolution> callback) {
    names.resolve(name, callback);
  }

  /** Questions since the start. */
  public long questions() {
    return questions;
  }

  /** Ends the questions that are passed on. */
  public void close() {
    forwarder.close();
  }

  /**
   * Answers one message.
   *
   * @param message not retained
   * @param transport how the program asked, and therefore how an upstream is asked
   * @param reply called at most once with the answer, which the callee releases; not called for
   *     garbage
   */
  public void answer(ByteBuf message, Forwarder.Transport transport, Consumer<ByteBuf> reply) {
    questions++;
    switch (DnsQuery.parse(message, limits.dnsMessageLengthMax())) {
      case DnsQuery.Parsed.Garbage _ -> {}
      case DnsQuery.Parsed.Odd odd ->
          reply.accept(DnsAnswer.failure(odd.id(), odd.flags(), DnsAnswer.NOT_IMPLEMENTED));
      case DnsQuery.Parsed.Question question -> {
        DnsQuery query = question.query();
        Integer reverse = ReverseNames.address(query.name(), addresses.range(), addresses.twin());
        if (query.name().equals(CANARY)) {
          reply.accept(DnsAnswer.noSuchName(query, negativeTtl()));
        } else if (reverse != null) {
          reply.accept(pointer(query, reverse));
        } else if (query.classCode() == DnsQuery.CLASS_IN && owned.owns(query.name())) {
          // Kept until the broker has answered: it may say that the question is not ours.
          ByteBuf kept = Unpooled.copiedBuffer(message);
          names.resolve(
              query.name(),
              resolution -> {
                try {
                  if (resolution instanceof Resolution.Bypassed) {
                    forwarder.forward(kept, query, transport, reply);
                  } else {
                    answerOwned(query, resolution, reply);
                  }
                } finally {
                  kept.release();
                }
              });
        } else {
          forwarder.forward(message, query, transport, reply);
        }
      }
    }
  }

  private void answerOwned(DnsQuery query, Resolution resolution, Consumer<ByteBuf> reply) {
    switch (resolution) {
      case Resolution.Unavailable _ ->
          reply.accept(DnsAnswer.failure(query, DnsAnswer.SERVER_FAILURE));
      case Resolution.Unknown _, Resolution.Bypassed _ ->
          reply.accept(DnsAnswer.noSuchName(query, negativeTtl()));
      case Resolution.Permitted permitted -> {
        Ipv6Twin twin = addresses.twin();
        int ttl = Math.toIntExact(limits.dnsPositiveTtl().toSeconds());
        if (query.type() == DnsQuery.TYPE_A || query.type() == DnsQuery.TYPE_ANY) {
          answerAddress(query, permitted, address -> DnsAnswer.address(query, address, ttl), reply);
        } else if (query.type() == DnsQuery.TYPE_AAAA && twin != null) {
          answerAddress(
              query, permitted, address -> DnsAnswer.address(query, twin.of(address), ttl), reply);
        } else {
          reply.accept(DnsAnswer.noData(query, negativeTtl()));
        }
      }
    }
  }

  private void answerAddress(
      DnsQuery query,
      Resolution.Permitted permitted,
      IntFunction<ByteBuf> answer,
      Consumer<ByteBuf> reply) {
    Future<Integer> ready = addresses.addressFor(query.name(), permitted);
    ready.addListener((Future<Integer> done) ->
        reply.accept(
            done.isSuccess()
                ? answer.apply(done.getNow())
                : DnsAnswer.failure(query, DnsAnswer.SERVER_FAILURE)));
  }

  private ByteBuf pointer(DnsQuery query, int address) {
    String name = addresses.nameOf(address);
    if (name == null) {
      return DnsAnswer.noSuchName(query, negativeTtl());
    }
    return query.type() == DnsQuery.TYPE_PTR
        ? DnsAnswer.pointer(query, name, negativeTtl())
        : DnsAnswer.noData(query, negativeTtl());
  }

  private int negativeTtl() {
    return Math.toIntExact(limits.dnsNegativeTtl().toSeconds());
  }
}

package org.postern.clientconnector.local.dns;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.LocalLimits;

/**
 * Passes questions on to the resolver that the machine had before, and its answers back, byte for
 * byte except for the id. Each question has a socket and an id of its own, both random, so that
 * forging an answer is as hard as it was without us (RFC 5452). Owned by the event loop.
 */
public final class Forwarder {

  /** How a question travels. */
  public enum Transport {
    /**
     * One datagram each way; a truncated answer goes back as it is, and the program asks over TCP.
     */
    UDP,
    /** With a length of 16 bits in front (RFC 7766). */
    TCP
  }

  private static final int UDP_ANSWER_LENGTH_MAX = 16_384;
  private static final int TCP_ANSWER_LENGTH_MAX = 65_535;

  private final EventLoop loop;
  private final LocalLimits limits;
  private final SecureRandom ids = new SecureRandom();
  private final Set<Passage> passages = new HashSet<>();
  private List<InetSocketAddress> upstreams = List.of();

  /** Where the next question goes first: the upstream that answered last. */
  private int preferred;

  Forwarder(EventLoop loop, LocalLimits limits) {
    this.loop = loop;
    this.limits = limits;
  }

  void use(List<InetSocketAddress> next) {
    if (!upstreams.equals(next)) {
      upstreams = List.copyOf(next);
      preferred = 0;
    }
  }

  /** Passes a question on; {@code message} is copied. */
  void forward(ByteBuf message, DnsQuery query, Transport transport, Consumer<ByteBuf> reply) {
    if (upstreams.isEmpty() || passages.size() >= limits.dnsOutstandingMax()) {
      reply.accept(DnsAnswer.failure(query, DnsAnswer.SERVER_FAILURE));
      return;
    }
    Passage passage = new Passage(message.copy(), query, transport, reply);
    passages.add(passage);
    passage.tryNext();
  }

  void close() {
    Set.copyOf(passages).forEach(Passage::fail);
  }

  /** One question on its way, from upstream to upstream until one answers. */
  private final class Passage {
    private final ByteBuf message;
    private final DnsQuery query;
    private final Transport transport;
    private final Consumer<ByteBuf> reply;
    private final List<InetSocketAddress> candidates = upstreams;
    private final int first = preferred;
    private int tried;
    private int id;
    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean over;

    Passage(ByteBuf message, DnsQuery query, Transport transport, Consumer<ByteBuf> reply) {
      this.message = message;
      this.query = query;
      this.transport = transport;
      this.reply = reply;
    }

    void tryNext() {
      abandonAttempt();
      if (tried >= candidates.size()) {
        fail();
        return;
      }
      int attempt = ++tried;
      id = ids.nextInt(1 << 16);
      message.setShort(message.readerIndex(), id);
      InetSocketAddress upstream = candidates.get((first + attempt - 1) % candidates.size());
      ChannelFuture connecting = bootstrap().connect(upstream);
      channel = connecting.channel();
      deadline =
          loop.schedule(
              () -> skip(attempt), limits.dnsUpstreamTimeout().toNanos(), TimeUnit.NANOSECONDS);
      connecting.addListener(done -> {
        if (over || tried != attempt) {
          return;
        }
        if (done.isSuccess()) {
          connecting.channel().writeAndFlush(message.retainedDuplicate());
        } else {
          skip(attempt);
        }
      });
    }

    private void skip(int attempt) {
      if (!over && tried == attempt) {
        tryNext();
      }
    }

    private Bootstrap bootstrap() {
      int attempt = tried;
      Bootstrap bootstrap = new Bootstrap().group(loop);
      return switch (transport) {
        case UDP ->
            bootstrap
                .channel(EpollDatagramChannel.class)
                .option(
                    ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(UDP_ANSWER_LENGTH_MAX))
                .handler(new UdpAnswers(this, attempt));
        case TCP ->
            bootstrap
                .channel(EpollSocketChannel.class)
                .option(
                    ChannelOption.CONNECT_TIMEOUT_MILLIS,
                    Math.toIntExact(limits.dnsUpstreamTimeout().toMillis()))
                .handler(
                    new ChannelInitializer<Channel>() {
                      @Override
                      protected void initChannel(Channel opened) {
                        opened
                            .pipeline()
                            .addLast(
                                new LengthFieldBasedFrameDecoder(TCP_ANSWER_LENGTH_MAX, 0, 2, 0, 2),
                                new LengthFieldPrepender(2),
                                new TcpAnswers(Passage.this, attempt));
                      }
                    });
      };
    }

    /** Takes an answer if it is one to this question; everything else is somebody's forgery. */
    void onAnswer(ByteBuf answer) {
      if (over || !matches(answer)) {
        return;
      }
      ByteBuf owned = answer.copy();
      owned.setShort(owned.readerIndex(), query.id());
      preferred = (first + tried - 1) % candidates.size();
      end();
      reply.accept(owned);
    }

    private boolean matches(ByteBuf answer) {
      int start = answer.readerIndex();
      ByteBuf question = query.question();
      int length = question.writerIndex();
      if (answer.readableBytes() < DnsQuery.HEADER_LENGTH
          || answer.getUnsignedShort(start) != id
          || (answer.getUnsignedShort(start + 2) & DnsQuery.FLAG_RESPONSE) == 0) {
        return false;
      }
      if (answer.getUnsignedShort(start + 4) == 0) {
        return true; // an error answer may leave the question out
      }
      if (answer.readableBytes() < DnsQuery.HEADER_LENGTH + length) {
        return false;
      }
      int at = start + DnsQuery.HEADER_LENGTH;
      for (int i = 0; i < length; i++) {
        if (lower(answer.getByte(at + i)) != lower(question.getByte(i))) {
          return false;
        }
      }
      return true;
    }

    private static int lower(byte octet) {
      return octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
    }

    void fail() {
      if (!over) {
        end();
        reply.accept(DnsAnswer.failure(query, DnsAnswer.SERVER_FAILURE));
      }
    }

    private void end() {
      over = true;
      passages.remove(this);
      abandonAttempt();
      message.release();
    }

    private void abandonAttempt() {
      if (deadline != null) {
        deadline.cancel(false);
        deadline = null;
      }
      if (channel != null) {
        channel.close();
        channel = null;
      }
    }
  }

  private static final class UdpAnswers extends SimpleChannelInboundHandler<DatagramPacket> {
    private final Passage passage;
    private final int attempt;

    UdpAnswers(Passage passage, int attempt) {
      this.passage = passage;
      this.attempt = attempt;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
      passage.onAnswer(packet.content());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      passage.skip(attempt); // port unreachable, network unreachable: the next one may be better
    }
  }

  private static final class TcpAnswers extends SimpleChannelInboundHandler<ByteBuf> {
    private final Passage passage;
    private final int attempt;

    TcpAnswers(Passage passage, int attempt) {
      this.passage = passage;
      this.attempt = attempt;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf answer) {
      passage.onAnswer(answer);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      passage.skip(attempt);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      passage.skip(attempt);
    }
  }
}

package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowKind;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.FlowRole;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.flow.FlowTimes;
import org.postern.tunnel.flow.MemoryBudget;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.link.LoopThreads;
import org.postern.tunnel.message.ReasonCode;

/**
 * Two endpoints, each on its own event loop, with real lanes (TLS 1.3 over loopback TCP) between
 * them. What connects to {@link #deviceAddress} comes out at the application's address.
 */
final class FlowPair implements AutoCloseable {
  static final String DEVICE = "spiffe://test/client/u1/d1";
  static final String CONNECTOR = "spiffe://test/connector/g1/c1";
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final long SECONDS_MAX = 20;

  final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
  private final MultiThreadIoEventLoopGroup bulkLoops =
      new MultiThreadIoEventLoopGroup(2, LoopThreads.bulk("bulk"), EpollLoops.handlers());
  final EventLoop deviceLoop = group.next();
  final EventLoop connectorLoop = group.next();
  final MemoryBudget deviceMemory;
  final MemoryBudget connectorMemory;

  /** Programs' channels by flow id: ours again when their flow was not let in. */
  private final Map<Long, Channel> locals = new ConcurrentHashMap<>();

  final Recorder deviceEvents =
      new Recorder() {
        @Override
        public void onFlowClosed(FlowSummary summary) {
          super.onFlowClosed(summary);
          Channel local = Objects.requireNonNull(locals.remove(summary.flowId()));
          if (local.isActive()) {
            notLetIn.add(summary.flowId());
            local.config().setOption(ChannelOption.SO_LINGER, 0);
            local.close();
          }
        }
      };
  final Recorder connectorEvents = new Recorder();
  final FlowEndpoint device;
  final FlowEndpoint connector;
  final Map<ByteString, List<Channel>> laneChannels = new ConcurrentHashMap<>();
  private final LaneTls tls = LaneTls.create();
  private final AtomicLong flowIds = new AtomicLong();
  private final AtomicLong laneIds = new AtomicLong();
  private final Channel localServer;
  volatile InetSocketAddress application;
  volatile @Nullable ByteString laneForNewFlows;
  volatile boolean grants = true;

  FlowPair(InetSocketAddress application, FlowLimits limits, long memoryBytes) throws Exception {
    this.application = application;
    deviceMemory = new MemoryBudget(memoryBytes);
    connectorMemory = new MemoryBudget(memoryBytes);
    device =
        new FlowEndpoint(
            new FlowEndpoint.Config(
                deviceLoop,
                bulkLoops,
                CONNECTOR,
                FlowRole.DEVICE,
                limits,
                deviceMemory,
                System::nanoTime),
            deviceEvents);
    connector =
        new FlowEndpoint(
            new FlowEndpoint.Config(
                connectorLoop,
                bulkLoops,
                DEVICE,
                FlowRole.CONNECTOR,
                limits,
                connectorMemory,
                System::nanoTime),
            connectorEvents);
    localServer =
        new ServerBootstrap()
            .group(group.next(), deviceLoop)
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(initializer(this::accepted))
            .bind(LOOPBACK, 0)
            .sync()
            .channel();
  }

  static ChannelHandler initializer(java.util.function.Consumer<Channel> setup) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        setup.accept(channel);
      }
    };
  }

  InetSocketAddress deviceAddress() {
    return (InetSocketAddress) localServer.localAddress();
  }

  /** Opens a flow for a connection that a program made, and has the connector dial. */
  private void accepted(Channel local) {
    local.config().setRecvByteBufAllocator(new LocalReads());
    deviceLoop.execute(() -> open(local));
  }

  private void open(Channel local) {
    ByteString lane = laneForNewFlows;
    long flowId = flowIds.incrementAndGet();
    locals.put(flowId, local);
    Flow flow = lane == null ? null : device.openTcp(flowId, lane, local);
    if (lane == null || flow == null) {
      local.close();
      return;
    }
    if (grants) {
      connectorLoop.execute(() -> dial(flowId, lane));
    }
  }

  void dial(long flowId, ByteString lane) {
    connector.grant(flowId, lane, FlowKind.TCP, FlowTimes.UNLIMITED);
    new Bootstrap()
        .group(connectorLoop)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .handler(initializer(ch -> ch.config().setRecvByteBufAllocator(new LocalReads())))
        .connect(application)
        .addListener(future -> {
          Channel upstream = ((io.netty.channel.ChannelFuture) future).channel();
          if (!future.isSuccess()) {
            connector.refuse(flowId, ReasonCode.CONNECT_REFUSED);
          } else if (!connector.attach(flowId, upstream)) {
            upstream.close();
          } else {
            deviceLoop.execute(() -> device.onOpened(flowId, FlowTimes.UNLIMITED));
          }
        });
  }

  /** Makes a lane and attaches it at both ends. */
  ByteString newLane() throws Exception {
    ByteString laneId =
        ByteString.copyFrom(java.nio.ByteBuffer.allocate(16).putLong(8, laneIds.incrementAndGet()));
    CompletableFuture<Void> connectorUp = new CompletableFuture<>();
    CompletableFuture<Void> deviceUp = new CompletableFuture<>();
    List<Channel> channels = new CopyOnWriteArrayList<>();
    Channel server =
        new ServerBootstrap()
            .group(connectorLoop)
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, laneReads())
            .childHandler(
                initializer(ch -> {
                  SslHandler handler = tls.server().newHandler(ch.alloc());
                  ch.pipeline().addLast(handler);
                  ready(handler, ch, channels, connector, DEVICE, laneId, connectorUp);
                }))
            .bind(LOOPBACK, 0)
            .sync()
            .channel();
    new Bootstrap()
        .group(deviceLoop)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.RECVBUF_ALLOCATOR, laneReads())
        .handler(
            initializer(ch -> {
              SslHandler handler = tls.client().newHandler(ch.alloc());
              ch.pipeline().addLast(handler);
              ready(handler, ch, channels, device, CONNECTOR, laneId, deviceUp);
            }))
        .connect(server.localAddress());
    connectorUp.get(SECONDS_MAX, TimeUnit.SECONDS);
    deviceUp.get(SECONDS_MAX, TimeUnit.SECONDS);
    server.close().sync();
    laneChannels.put(laneId, channels);
    return laneId;
  }

  private static AdaptiveRecvByteBufAllocator laneReads() {
    return new AdaptiveRecvByteBufAllocator(64, 2048, 256 << 10);
  }

  private static void ready(
      SslHandler handler,
      Channel channel,
      List<Channel> channels,
      FlowEndpoint endpoint,
      String peer,
      ByteString laneId,
      CompletableFuture<Void> up) {
    handler
        .handshakeFuture()
        .addListener(done -> {
          if (!done.isSuccess()) {
            up.completeExceptionally(done.cause());
            return;
          }
          channels.add(channel);
          endpoint.attachLane(laneId, peer, channel);
          up.complete(null);
        });
  }

  /** Both ends of a lane. */
  List<Channel> laneEnds(ByteString laneId) {
    return Objects.requireNonNull(laneChannels.get(laneId));
  }

  /** The device's channel to the program whose flow that is. */
  Channel local(long flowId) {
    return Objects.requireNonNull(locals.get(flowId));
  }

  /** One end of a lane. */
  Channel laneChannel(ByteString laneId) {
    return Objects.requireNonNull(laneChannels.get(laneId)).getFirst();
  }

  /** Moves a flow (or resumes it) the way device, broker and connector do. */
  void move(long flowId, ByteString laneId) throws Exception {
    move(flowId, laneId, false);
  }

  /** The same; alone: the lane is for this flow, which moves much. */
  void move(long flowId, ByteString laneId, boolean alone) throws Exception {
    onDevice(() -> device.move(flowId, laneId, alone));
    onConnector(() -> connector.grantResume(flowId, laneId, alone));
  }

  <T> T onDevice(Callable<T> call) throws Exception {
    return deviceLoop.submit(call).get(SECONDS_MAX, TimeUnit.SECONDS);
  }

  <T> T onConnector(Callable<T> call) throws Exception {
    return connectorLoop.submit(call).get(SECONDS_MAX, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    localServer.close().syncUninterruptibly();
    deviceLoop.submit(() -> device.close(ReasonCode.DEVICE_STOPPING)).syncUninterruptibly();
    connectorLoop
        .submit(() -> connector.close(ReasonCode.CONNECTOR_STOPPING))
        .syncUninterruptibly();
    bulkLoops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** Keeps what an endpoint told. */
  static class Recorder implements FlowListener {
    final Map<Long, FlowSummary> closed = new ConcurrentHashMap<>();
    final List<Long> orphaned = new CopyOnWriteArrayList<>();
    final List<Long> notLetIn = new CopyOnWriteArrayList<>();
    final List<Long> moved = new CopyOnWriteArrayList<>();
    final List<Long> wantsOwnLane = new CopyOnWriteArrayList<>();
    final List<String> lanesClosed = new CopyOnWriteArrayList<>();

    @Override
    public void onFlowClosed(FlowSummary summary) {
      closed.put(summary.flowId(), summary);
    }

    @Override
    public void onOrphaned(long flowId) {
      orphaned.add(flowId);
    }

    @Override
    public void onMoved(long flowId, ByteString laneId) {
      moved.add(flowId);
    }

    @Override
    public void onWantsOwnLane(long flowId) {
      wantsOwnLane.add(flowId);
    }

    @Override
    public void onLaneClosed(ByteString laneId, ReasonCode reason, String text) {
      lanesClosed.add(reason.name());
    }
  }
}

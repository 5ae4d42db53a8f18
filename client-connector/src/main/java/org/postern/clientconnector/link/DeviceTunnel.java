package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.MemoryBudget;
import org.postern.tunnel.lane.LaneDialer;
import org.postern.tunnel.link.Backoff;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.CarrierListener;
import org.postern.tunnel.link.CarrierPark;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.KeeperListener;
import org.postern.tunnel.link.LinkKeeper;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.NamePlan;
import org.postern.tunnel.message.PostureQuestions;
import org.postern.tunnel.message.PostureReport;
import org.postern.tunnel.message.PostureState;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.SessionState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's side of the tunnel: keeps the control link up, carriers parked and the certificate
 * fresh, and gives local programs the {@link #gateway()}. Confined to one event loop; {@link
 * #start} and {@link #stop} may be called by any thread.
 */
public final class DeviceTunnel {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceTunnel.class);
  private static final Duration TIDY_EVERY = Duration.ofSeconds(15);
  private static final int CARRIERS_AT_FIRST = 2;
  private static final int INSTANCE_BYTES = 16;

  private final EventLoop loop;
  private final Config config;
  private final LiveTls tls;
  private final InstantSource clock;
  private final Consumer<OwnedNames> namesListener;
  private final LinkKeeper keeper;
  private final CarrierPark park;
  private final Resolutions resolutions;
  private final FlowDirector director;
  private final TunnelGateway gateway;
  private final RecentEnds recent;
  private final CertificateRenewal renewal;
  private final PostureLine posture = new PostureLine();
  private final PersonQuestions questions;
  private final ByteString instance;
  private boolean linked;
  private String linkText = "not connected yet";
  private @Nullable ReasonCode linkReason;
  private SessionState session = SessionState.getDefaultInstance();
  private final NamesInPieces pieces = new NamesInPieces();
  private List<String> warmGroups = List.of();

  /**
   * What the tunnel works with.
   *
   * @param bulkLoops for flows that move much; shut down by the caller
   * @param broker where the broker's port is
   * @param limits of this side
   * @param tunnelLimits of links, carriers and lanes
   * @param flowLimits of flows
   * @param memoryBytes what all flows may buffer together
   * @param software name and version of this program
   * @param hostName of this machine, for the inventory
   * @param platform such as {@code linux-x86_64}
   */
  public record Config(
      EventLoopGroup bulkLoops,
      DialerConfig.Target broker,
      LinkLimits limits,
      TunnelLimits tunnelLimits,
      FlowLimits flowLimits,
      long memoryBytes,
      String software,
      String hostName,
      String platform) {}

  /** The time, of the wall and monotonic. */
  public record Time(InstantSource clock, LongSupplier nanoTime) {}

  /**
   * Wires everything; nothing is dialled before {@link #start}.
   *
   * @param tls our certificate; replaced in place when it is renewed
   * @param saver keeps a renewed certificate
   * @param namesListener learns which names are ours, at every change, on the loop
   */
  public DeviceTunnel(
      EventLoop loop,
      Config config,
      LiveTls tls,
      CertificateRenewal.Saver saver,
      Time time,
      Consumer<OwnedNames> namesListener) {
    this.loop = loop;
    this.config = config;
    this.tls = tls;
    this.clock = time.clock();
    this.namesListener = namesListener;
    SecureRandom random = new SecureRandom();
    byte[] id = new byte[INSTANCE_BYTES];
    random.nextBytes(id);
    this.instance = ByteString.copyFrom(id);
    Backoff backoff = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(15), random);
    BrokerDialer dialer =
        new BrokerDialer(
            new DialerConfig(
                config.broker(),
                tls.client(TunnelProtocol.ALPN),
                Peers.broker()::spiffeId,
                Optional.empty(),
                java.net.InetAddress::getAllByName,
                config.tunnelLimits()));
    this.keeper = new LinkKeeper(dialer, loop, this::hello, new Keeper(), backoff);
    this.park = new CarrierPark(dialer, loop, this::hello, new Carriers(), backoff);
    LaneMaker lanes =
        new LaneMaker(
            loop,
            park,
            new LaneDialer(tls.client(TunnelProtocol.LANE_ALPN), config.tunnelLimits()),
            random);
    this.recent = new RecentEnds(config.limits().recentEndsMax(), time.clock());
    this.resolutions = new Resolutions(loop, config.limits(), time.nanoTime());
    this.director =
        new FlowDirector(
            new FlowMeans(
                loop,
                config.bulkLoops(),
                config.limits(),
                config.flowLimits(),
                new MemoryBudget(config.memoryBytes()),
                time.nanoTime(),
                lanes),
            this::send,
            recent);
    this.questions = new PersonQuestions(loop, config.limits());
    this.gateway = new TunnelGateway(loop, config.limits(), resolutions, director, clock::millis);
    this.renewal = new CertificateRenewal(loop, tls, saver, clock, this::send);
  }

  /** The way in for local programs; use it on the loop only. */
  public Gateway gateway() {
    return gateway;
  }

  /** What the person asks; use it on the loop only. */
  public PersonQuestions questions() {
    return questions;
  }

  /** Starts dialling. */
  public void start() {
    loop.execute(() -> {
      keeper.start();
      loop.scheduleAtFixedRate(
          this::tidy, TIDY_EVERY.toMillis(), TIDY_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    });
  }

  /** Ends all flows and links. */
  public void stop() {
    loop.execute(() -> {
      director.close(ReasonCode.DEVICE_STOPPING);
      park.close();
      keeper.close(ReasonCode.DEVICE_STOPPING, "the client connector is stopping");
    });
  }

  /** The certificate was replaced by a new sign-in: dials again at once. On the loop. */
  public void identityChanged() {
    keeper.retryNow();
  }

  /** Learns what the broker wants to know of this device, on the loop. Set before the start. */
  public void onPostureQuestions(Consumer<PostureQuestions> listener) {
    posture.listener(listener);
  }

  /** What the device says of itself, now and whenever the link comes up. Any thread. */
  public void report(PostureReport report) {
    loop.execute(() -> posture.report(report));
  }

  /** What is going on; on the loop. */
  public TunnelStatus status() {
    List<TunnelStatus.FlowLine> flows = new ArrayList<>();
    for (OutFlow flow : director.liveFlows()) {
      flows.add(
          new TunnelStatus.FlowLine(
              flow.target.toString(),
              flow.transport() == org.postern.tunnel.message.Transport.TRANSPORT_UDP
                  ? "udp"
                  : "tcp",
              flow.state.name().toLowerCase(java.util.Locale.ROOT),
              flow.decisionId,
              flow.startedMillis));
    }
    List<TunnelStatus.EndLine> ended =
        recent.list().stream()
            .map(end ->
                new TunnelStatus.EndLine(
                    end.target(),
                    end.reason().name(),
                    end.text(),
                    end.decisionId(),
                    end.atMillis()))
            .toList();
    return new TunnelStatus(
        linked,
        config.broker().toString(),
        linkText,
        linkReason == null ? "" : linkReason.name(),
        session.getUserName(),
        session.getState().name().substring("STATE_".length()).toLowerCase(java.util.Locale.ROOT),
        session.getExpiresUnixMillis(),
        tls.credential().notAfter().toEpochMilli(),
        director.laneCount(),
        flows,
        ended,
        posture.status());
  }

  private Hello hello() {
    return Hello.newBuilder()
        .setInstance(instance)
        .setSoftware(config.software())
        .setHostName(config.hostName())
        .setPlatform(config.platform())
        .build();
  }

  private void send(Envelope message) {
    keeper.current().ifPresent(link -> link.send(message));
  }

  private void tidy() {
    director.tidy();
    renewal.check();
  }

  private void namePiece(ControlLink link, NamePlan piece) {
    Optional<NamePlan> whole = pieces.add(piece);
    if (pieces.tooLarge()) {
      pieces.forget();
      link.close(
          ReasonCode.FRAME_TOO_LARGE,
          "name plan (expected: at most %d bytes)".formatted(NamesInPieces.BYTES_MAX));
      return;
    }
    whole.ifPresent(this::names);
  }

  private void names(NamePlan plan) {
    // It comes when something changed, be it only the time: what was said before may not hold.
    resolutions.forget();
    warmGroups =
        plan.getConnectorGroupsList().stream().limit(config.limits().warmGroupsMax()).toList();
    warmGroups.forEach(director::warm);
    OwnedNames names = PlannedNames.of(plan);
    gateway.names(names);
    namesListener.accept(names);
  }

  private void postureState(PostureState state) {
    posture.told(state);
    // What may be reached may have changed with it.
    resolutions.forget();
  }

  private void session(SessionState state) {
    session = state;
    if (state.getState() != SessionState.State.STATE_ACTIVE) {
      LOG.info("session: {} {}", state.getState(), Reasons.sentence(state.getReason()));
    }
  }

  private final class Keeper implements KeeperListener {
    @Override
    public void onUp(ControlLink link) {
      pieces.forget();
      linked = true;
      linkText = "connected";
      linkReason = null;
      posture.up(link::send);
      questions.up(link::send);
      gateway.link(link::send);
      park.wanted(Math.max(CARRIERS_AT_FIRST, link.welcome().getCarriersWanted()));
      renewal.check();
      LOG.info("connected to the broker at {}", config.broker());
    }

    @Override
    public void onMessage(ControlLink link, Envelope message) {
      switch (message.getBodyCase()) {
        case OPENED -> director.opened(message.getOpened());
        case REFUSED -> director.refused(message.getRefused());
        case CUT -> director.cut(message.getCut());
        case RESOLVED -> resolutions.onResolved(message.getResolved());
        case NAME_PLAN -> namePiece(link, message.getNamePlan());
        case SESSION_STATE -> session(message.getSessionState());
        case PARK_CARRIERS -> park.wanted(message.getParkCarriers().getWanted());
        case POSTURE_QUESTIONS -> posture.asked(message.getPostureQuestions());
        case POSTURE_STATE -> postureState(message.getPostureState());
        case WHY_ANSWER -> questions.answered(message.getWhyAnswer());
        case ACCESS_ANSWER -> questions.answered(message.getAccessAnswer());
        case RENEWED -> renewal.renewed(message.getRenewed());
        case RENEW_REFUSED -> renewal.refused(message.getRenewRefused());
        case BODY_NOT_SET -> {}
        default ->
            link.close(
                ReasonCode.UNEXPECTED_MESSAGE,
                "message " + message.getBodyCase() + " (expected: one that a broker sends)");
      }
    }

    @Override
    public void onDown(ReasonCode reason, String text, Duration retryIn) {
      linked = false;
      linkReason = reason == ReasonCode.REASON_UNSPECIFIED ? null : reason;
      linkText =
          reason == ReasonCode.REASON_UNSPECIFIED
              ? "connection lost; trying again"
              : Reasons.sentence(reason);
      posture.down();
      questions.down(linkText);
      gateway.link(null);
      if (Reasons.endsEverything(reason)) {
        director.notAdmitted(reason);
      }
      LOG.info(
          "no link to the broker: {} {}; next attempt in {} ms", reason, text, retryIn.toMillis());
    }
  }

  private static final class Carriers implements CarrierListener {
    @Override
    public void onOffer(ParkedCarrier carrier, LaneOffer offer) {
      carrier.refuse(ReasonCode.KIND_NOT_ALLOWED, "a device takes no lanes");
    }

    @Override
    public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {}
  }
}

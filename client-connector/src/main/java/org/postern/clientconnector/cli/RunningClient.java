package org.postern.clientconnector.cli;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.link.DeviceTunnel;
import org.postern.clientconnector.link.LinkLimits;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.IpAddress;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.Target;
import org.postern.clientconnector.local.control.ControlHandler;
import org.postern.clientconnector.local.control.ControlServer;
import org.postern.clientconnector.local.intercept.Interception;
import org.postern.clientconnector.local.intercept.InterceptionOptions;
import org.postern.clientconnector.local.socks.LoopbackProxy;
import org.postern.clientconnector.local.system.IdleMemory;
import org.postern.clientconnector.local.system.RestWatch;
import org.postern.clientconnector.local.system.SystemCommands;
import org.postern.clientconnector.posture.Machine;
import org.postern.clientconnector.posture.PostureAgent;
import org.postern.clientconnector.posture.PostureLimits;
import org.postern.clientconnector.posture.token.TokenLimits;
import org.postern.clientconnector.posture.token.TokenProcesses;
import org.postern.clientconnector.posture.token.TokenSettings;
import org.postern.identity.Credential;
import org.postern.identity.IdentityException;
import org.postern.identity.LiveTls;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.link.LoopThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client connector while it runs: one event loop with the tunnel, the local doors and the
 * control socket. {@link #run} blocks until {@code down} or a signal.
 */
final class RunningClient implements ControlHandler {
  private static final Logger LOG = LoggerFactory.getLogger(RunningClient.class);
  private static final long MEMORY_BYTES = 24L << 20;
  private static final String SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(10);
  private static final long CREDENTIAL_LOOK_SECONDS = 3;
  private static final long NAMES_WITHIN_SECONDS = 15;

  private final Surroundings surroundings;
  private final DeviceHome home;
  private final DeviceHome.SignedIn signedIn;
  private final Options options;
  private final MultiThreadIoEventLoopGroup group;
  private final MultiThreadIoEventLoopGroup bulkLoops;
  private final IoEventLoop loop;
  private final LiveTls tls;
  private final DeviceTunnel tunnel;
  private final PostureAgent posture;
  private final CountDownLatch end = new CountDownLatch(1);
  private final CountDownLatch undone = new CountDownLatch(1);
  private final CountDownLatch named = new CountDownLatch(1);
  private volatile @Nullable Interception interception;
  private volatile OwnedNames names = OwnedNames.NONE;
  private String proxyText = "";

  /**
   * What the person asked for.
   *
   * @param servedUid the user who called sudo, and may use the control socket
   * @param tokens where keys that cannot leave this machine are looked for
   */
  record Options(
      UpCommand.Mode mode,
      Optional<InetSocketAddress> proxy,
      InterceptionOptions interception,
      Path socket,
      Optional<Integer> servedUid,
      TokenSettings tokens) {}

  RunningClient(
      Surroundings surroundings, DeviceHome home, DeviceHome.SignedIn signedIn, Options options) {
    this.surroundings = surroundings;
    this.home = home;
    this.signedIn = signedIn;
    this.options = options;
    this.group =
        new MultiThreadIoEventLoopGroup(
            1, LoopThreads.prompt("client-loop"), EpollLoops.handlers());
    this.bulkLoops =
        new MultiThreadIoEventLoopGroup(1, LoopThreads.bulk("client-bulk"), EpollLoops.handlers());
    this.loop = group.next();
    this.tls = new LiveTls(signedIn.credential(), signedIn.trust(), surroundings.clock());
    this.tunnel =
        new DeviceTunnel(
            loop,
            new DeviceTunnel.Config(
                bulkLoops,
                signedIn.broker(),
                LinkLimits.defaults(),
                TunnelLimits.DEFAULT,
                FlowLimits.DEFAULT,
                MEMORY_BYTES,
                "postern-client/" + Version.TEXT,
                LoginCommand.hostName(),
                LoginCommand.platform()),
            tls,
            credential -> home.saveRenewed(credential, signedIn.trust()),
            new DeviceTunnel.Time(surroundings.clock(), surroundings.nanoTime()),
            this::namesChanged);
    this.posture =
        new PostureAgent(
            new Machine(
                Path.of("/"),
                commands(),
                personId(),
                PostureLimits.DEFAULTS,
                new TokenProcesses(
                    options.tokens(),
                    TokenLimits.DEFAULTS,
                    surroundings.environment(),
                    surroundings.nanoTime())),
            Version.TEXT,
            surroundings.nanoTime(),
            tunnel::report);
    tunnel.onPostureQuestions(posture::asked);
  }

  private SystemCommands commands() {
    return new SystemCommands(
        surroundings.environment().getOrDefault("PATH", SYSTEM_PATH), COMMAND_TIMEOUT);
  }

  /** Whose device it is, by sudo's or the kernel's word; no user's number if it gives none. */
  private long personId() {
    if (options.servedUid().isPresent()) {
      return options.servedUid().get();
    }
    try {
      return ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
    } catch (IOException e) {
      return -1;
    }
  }

  /** Runs until it is stopped; returns the exit code. */
  int run() throws CommandFailure, IOException {
    Thread hook = new Thread(this::stopFromSignal, "client-stop");
    Channel control = listen();
    try {
      Runtime.getRuntime().addShutdownHook(hook);
      posture.start();
      tunnel.start();
      startInterception();
      Channel proxy = startProxy();
      loop.scheduleAtFixedRate(
          () -> Thread.ofVirtual().start(this::lookForNewLogin),
          CREDENTIAL_LOOK_SECONDS,
          CREDENTIAL_LOOK_SECONDS,
          TimeUnit.SECONDS);
      sayReady();
      rest();
      if (proxy != null) {
        proxy.close();
      }
      return ExitCode.OK;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.FAILED;
    } finally {
      undo();
      control.close().awaitUninterruptibly();
      posture.close();
      tunnel.stop();
      bulkLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
      group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
      tls.close();
      undone.countDown();
    }
  }

  /** Until the end; gives back what only the start, or flows that are quiet, needed. */
  private void rest() throws InterruptedException {
    IdleMemory.giveBack();
    RestWatch watch = new RestWatch(surroundings.nanoTime());
    while (!end.await(RestWatch.LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
      watch.look();
    }
  }

  /**
   * Ready means that private names work: a program that asks too early is told that they do not
   * exist, and remembers it for longer than the rest of the start takes.
   */
  private void sayReady() throws InterruptedException {
    if (!named.await(NAMES_WITHIN_SECONDS, TimeUnit.SECONDS) && end.getCount() > 0) {
      surroundings
          .out()
          .println(
              "No answer from the broker yet; private names work as soon as there is one."
                  + " See 'postern status'.");
    }
    // The names may still be on their way to the interception, on the loop.
    loop.submit(() -> {}).await();
    surroundings.out().println(UpCommand.READY);
    surroundings.out().flush();
  }

  private Channel listen() throws CommandFailure, IOException {
    Future<Channel> listening =
        ControlServer.listen(
                options.socket(), loop, LocalLimits.DEFAULTS, this, options.servedUid())
            .awaitUninterruptibly();
    if (!listening.isSuccess()) {
      throw new CommandFailure(ExitCode.FAILED, String.valueOf(listening.cause().getMessage()));
    }
    return listening.getNow();
  }

  private void startInterception() throws CommandFailure {
    if (options.mode() == UpCommand.Mode.proxy) {
      return;
    }
    try {
      Interception started =
          Interception.start(
              withBrokerLeftAlone(options.interception()),
              LocalLimits.DEFAULTS,
              loop,
              tunnel.gateway(),
              surroundings.clock(),
              commands());
      interception = started;
      started.update(names);
    } catch (IOException e) {
      if (options.mode() == UpCommand.Mode.transparent) {
        throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()));
      }
      surroundings
          .out()
          .println(
              "Transparent mode is not possible here: " + e.getMessage() + ". Using the proxy.");
    }
  }

  private InterceptionOptions withBrokerLeftAlone(InterceptionOptions given) throws IOException {
    List<IpAddress> brokers = new ArrayList<>(given.carriersTo());
    for (InetAddress address : InetAddress.getAllByName(signedIn.broker().host())) {
      brokers.add(IpAddress.of(address));
    }
    return given.withCarriersTo(brokers);
  }

  /** Programs that resolved a name by themselves bring its synthetic address. */
  private Gateway gateway() {
    Interception current = interception;
    return current == null ? tunnel.gateway() : current.naming(tunnel.gateway());
  }

  private @Nullable Channel startProxy() throws CommandFailure {
    if (options.proxy().isEmpty()) {
      return null;
    }
    Future<Channel> listening =
        LoopbackProxy.listen(options.proxy().get(), loop, LocalLimits.DEFAULTS, gateway())
            .awaitUninterruptibly();
    if (listening.isSuccess()) {
      InetSocketAddress bound = (InetSocketAddress) listening.getNow().localAddress();
      proxyText = bound.getAddress().getHostAddress() + ":" + bound.getPort();
      return listening.getNow();
    }
    if (interception == null) {
      throw new CommandFailure(ExitCode.FAILED, String.valueOf(listening.cause().getMessage()));
    }
    surroundings.out().println("No proxy: " + listening.cause().getMessage());
    return null;
  }

  private void namesChanged(OwnedNames fresh) {
    names = fresh;
    Interception current = interception;
    if (current != null) {
      current.update(fresh);
    }
    named.countDown();
  }

  /** A login while we run: the new certificate is used for every connection from now on. */
  private void lookForNewLogin() {
    try {
      home.changedSince(tls.credential()).ifPresent(this::useCredential);
    } catch (IdentityException | IOException e) {
      LOG.warn("the identity on disk cannot be read: {}", e.getMessage());
    }
  }

  private void useCredential(Credential credential) {
    loop.execute(() -> {
      tls.replace(credential);
      tunnel.identityChanged();
      LOG.info("using the certificate of the new sign-in, valid until {}", credential.notAfter());
    });
  }

  private void undo() {
    Interception current = interception;
    interception = null;
    if (current != null) {
      try {
        current.close();
      } catch (IOException e) {
        LOG.warn("could not put everything back as it was: {}", e.getMessage());
      }
    }
  }

  private void stopFromSignal() {
    end.countDown();
    named.countDown();
    try {
      undone.await(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // -- the control socket

  @Override
  public Future<String> status() {
    Promise<String> answer = loop.newPromise();
    // What the person asked for as the broker knows it now, else as it told us last.
    tunnel
        .questions()
        .requests()
        .addListener(asked -> {
          Interception current = interception;
          try {
            answer.setSuccess(
                StatusText.json(
                    tunnel.status(),
                    current == null ? null : current.status(),
                    tunnel.questions().lastRequests(),
                    proxyText));
          } catch (IOException e) {
            answer.setFailure(e);
          }
        });
    return answer;
  }

  @Override
  public Future<String> ask(String verb, String arguments) {
    return new Questions(loop, tunnel.questions(), gateway()).ask(verb, arguments);
  }

  @Override
  public Future<String> down() {
    Promise<String> answer = loop.newPromise();
    answer.setSuccess("{\"stopping\":true}");
    named.countDown();
    loop.schedule(end::countDown, 50, TimeUnit.MILLISECONDS);
    return answer;
  }

  @Override
  public void connect(Target target, Channel local, ConnectListener listener) {
    gateway().connect(target, local, listener);
  }
}

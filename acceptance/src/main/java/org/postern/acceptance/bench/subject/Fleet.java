package org.postern.acceptance.bench.subject;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.postern.acceptance.bench.BenchRun;
import org.postern.appconnector.enroll.Enrolled;
import org.postern.appconnector.enroll.Enrollment;
import org.postern.appconnector.enroll.ProvisioningKey;
import org.postern.clientconnector.signin.DeviceSignIn;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EpollLoops;

/**
 * Devices and connectors of a real deployment that live in this process: enrolled and signed in as
 * programs are, and then without any program around them.
 */
final class Fleet implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, EpollLoops.handlers());
  private final Deployment deployment;

  private Fleet(Deployment deployment) {
    this.deployment = deployment;
  }

  /** Ends with the run. */
  static Fleet of(BenchRun run, Deployment deployment) {
    return run.own(new Fleet(deployment));
  }

  EventLoop loop() {
    return loops.next();
  }

  /** Enrolls a connector with a key of {@link Deployment#provisioningKey}. */
  RawPeer connector(Path key) throws Exception {
    Enrolled enrolled =
        new Enrollment(
                new Enrollment.Request(
                    URI.create(deployment.plan().brokerUrl()),
                    new org.postern.appconnector.enroll.BrokerTrust.CaFile(deployment.ca()),
                    Optional.empty(),
                    "bench",
                    "bench",
                    "linux"))
            .enroll(ProvisioningKey.read(key, InputStream.nullInputStream()));
    return new RawPeer(loops.next(), enrolled.credential(), enrolled.trust(), broker());
  }

  /** Signs a device in that dials the broker itself. */
  RawPeer device() throws Exception {
    return device(broker());
  }

  /** Signs a device in that dials there. */
  RawPeer device(DialerConfig.Target tunnel) throws Exception {
    DeviceSignIn.SignedIn signedIn =
        new DeviceSignIn(
                new DeviceSignIn.Request(
                    URI.create(deployment.plan().brokerUrl()),
                    new org.postern.clientconnector.signin.BrokerTrust.CaFile(deployment.ca()),
                    "bench",
                    "bench",
                    "linux",
                    Optional.empty(),
                    DeviceSignIn.Demand.NONE,
                    Deployment.PATIENCE))
            .signIn(address ->
                Thread.ofVirtual().start(() -> SignInMain.browse(address, deployment.ca())));
    return new RawPeer(loops.next(), signedIn.credential(), signedIn.trust(), tunnel);
  }

  private DialerConfig.Target broker() {
    return new DialerConfig.Target(
        deployment.plan().brokerAddress(), deployment.plan().brokerPort());
  }

  @Override
  public void close() {
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}

package org.postern.clientconnector.local.control;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Optional;
import org.postern.clientconnector.local.LocalLimits;

/**
 * The Unix socket on which the local command line talks to the running client connector. Only the
 * user for whom the process runs (its own, or the one who called sudo), and root, get a word in:
 * the file is that user's with mode 0600, and the peer's credentials are checked.
 *
 * <pre>
 *   status\n             -> ok JSON\n
 *   down\n               -> ok JSON\n
 *   why HOST[:PORT] tcp|udp\n                     -> ok JSON\n
 *   request HOST[:PORT] tcp|udp SECONDS REASON\n  -> ok JSON\n; the reason URL-encoded
 *   requests\n          -> ok JSON\n
 *   connect HOST:PORT\n  -> ok NUMBER\n, and then the application's bytes, both ways
 *   outcome NUMBER\n     -> ok\n if that flow ended by itself, else error CODE text\n
 *   anything             -> error CODE text\n, then closed
 * </pre>
 *
 * Owned by the event loop.
 */
public final class ControlServer {

  private final ControlHandler handler;
  private final LocalLimits limits;
  private final int ownUid;
  private final int servedUid;
  private final Outcomes outcomes;
  private int connections;

  private ControlServer(
      ControlHandler handler, LocalLimits limits, int ownUid, Optional<Integer> served) {
    this.handler = handler;
    this.limits = limits;
    this.outcomes = new Outcomes(limits.controlOutcomesMax());
    this.ownUid = ownUid;
    this.servedUid = served.orElse(ownUid);
  }

  /**
   * Listens; blocks for as long as looking at the file takes.
   *
   * @param socket path, at most 107 bytes; its directory is made 0700 if it does not exist, and
   *     passable (0711) for another user whom we serve
   * @param served another user for whom this process, which is root's, runs
   * @return the listening channel; closing it takes the file away
   * @throws IOException if another process listens there, or the directory cannot be written
   */
  public static Future<Channel> listen(
      Path socket,
      EventLoop loop,
      LocalLimits limits,
      ControlHandler handler,
      Optional<Integer> served)
      throws IOException {
    int ownUid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    ControlServer server = new ControlServer(handler, limits, ownUid, served);
    server.prepare(Objects.requireNonNull(socket.toAbsolutePath().getParent()));
    removeIfDead(socket);
    Promise<Channel> listening = loop.newPromise();
    server
        .bootstrap(loop)
        .bind(new DomainSocketAddress(socket.toString()))
        .addListener((ChannelFuture done) -> server.onBound(socket, done, listening));
    return listening;
  }

  private void prepare(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    if (servedUid == ownUid) {
      return;
    }
    // Here the socket changes its owner: nobody else may be able to put another file in its place.
    PosixFileAttributes found =
        Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    Object uid = Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!found.isDirectory()
        || !uid.equals(ownUid)
        || found.permissions().contains(PosixFilePermission.GROUP_WRITE)
        || found.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(
          directory + " can be changed by others (expected: our own directory with mode 0711)");
    }
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
  }

  private static void removeIfDead(Path socket) throws IOException {
    if (!Files.exists(socket)) {
      return;
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      Files.delete(socket); // left behind by a process that was killed
      return;
    }
    throw new IOException(
        "a client connector already listens on " + socket + " (stop it first: postern down)");
  }

  private ServerBootstrap bootstrap(EventLoop loop) {
    return new ServerBootstrap()
        .group(loop, loop)
        .channel(EpollServerDomainSocketChannel.class)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childHandler(
            new ChannelInitializer<EpollDomainSocketChannel>() {
              @Override
              protected void initChannel(EpollDomainSocketChannel accepted) throws IOException {
                onAccepted(accepted);
              }
            });
  }

  private void onBound(Path socket, ChannelFuture done, Promise<Channel> listening) {
    if (!done.isSuccess()) {
      listening.setFailure(
          new IOException(
              "cannot listen on " + socket + " (expected: a writable directory)", done.cause()));
      return;
    }
    try {
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      if (servedUid != ownUid) {
        Files.setAttribute(socket, "unix:uid", servedUid, LinkOption.NOFOLLOW_LINKS);
      }
    } catch (IOException e) {
      done.channel().close();
      listening.setFailure(e);
      return;
    }
    done.channel().closeFuture().addListener(closed -> socket.toFile().delete());
    listening.setSuccess(done.channel());
  }

  private void onAccepted(EpollDomainSocketChannel accepted) throws IOException {
    int uid = accepted.peerCredentials().uid();
    if ((uid != ownUid && uid != servedUid && uid != 0)
        || connections >= limits.controlConnectionsMax()) {
      accepted.close();
      return;
    }
    connections++;
    EventLoop owner = accepted.eventLoop(); // a flow may take the channel to another one
    accepted.closeFuture().addListener(closed -> owner.execute(() -> connections--));
    accepted.pipeline().addLast(new ControlConversation(handler, limits, outcomes));
  }
}

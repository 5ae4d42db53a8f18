package org.postern.broker.bootstrap;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An embedded PostgreSQL that runs: on loopback, with a password, on a data directory that
 * survives.
 *
 * <p>It lives as long as the broker and no longer: a shell beside it waits for the end of its own
 * input, which the kernel closes however the broker ends, and then asks the server for a fast
 * shutdown. Should the shell die too, the next start stops what was left behind. {@link #start} and
 * {@link #close} block.
 */
public final class PostgresServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
  private static final int CONNECTIONS_MAX = 64;
  private static final int PORT_ATTEMPTS = 3;
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(25);

  private static final String GUARD =
      """
      exec 3<&0
      "$@" 3<&- </dev/null &
      server=$!
      ( read -r nothing <&3; kill -INT "$server" 2>/dev/null ) &
      guard=$!
      exec 3<&-
      wait "$server"
      code=$?
      kill "$guard" 2>/dev/null
      exit "$code"
      """;

  private final Process process;
  private final DatabaseAddress address;

  private PostgresServer(Process process, DatabaseAddress address) {
    this.process = process;
    this.address = address;
  }

  /**
   * Makes the database if there is none, and starts it.
   *
   * @param folder where everything of it is kept; see {@link PostgresCluster}
   * @param programs below which the programs are unpacked
   * @param patience how long it may take until it answers, recovery after a crash included
   * @throws StartException when it does not come up
   */
  public static PostgresServer start(Path folder, Path programs, Duration patience)
      throws StartException {
    PostgresCluster cluster =
        new PostgresCluster(
            folder.toAbsolutePath(), PostgresBinaries.unpack(programs.toAbsolutePath()));
    cluster.prepare();
    stopLeftBehind(cluster);
    String said = "";
    for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
      Optional<PostgresServer> server = launch(cluster, freePort(), patience);
      if (server.isPresent()) {
        LOG.info("embedded PostgreSQL runs on {}", server.get().address.url());
        return server.get();
      }
      said = PostgresCluster.tail(cluster.startupLog());
      if (!said.contains("could not bind")) {
        break;
      }
    }
    throw new StartException(
        "embedded PostgreSQL did not start: %s; the whole story is in %s and %s"
            .formatted(said, cluster.startupLog(), cluster.folder().resolve("log")));
  }

  private static Optional<PostgresServer> launch(
      PostgresCluster cluster, int port, Duration patience) throws StartException {
    List<String> command =
        new ArrayList<>(List.of("setsid", "sh", "-c", GUARD, "postern-database"));
    command.addAll(cluster.server(port, CONNECTIONS_MAX));
    DatabaseAddress address =
        new DatabaseAddress(
            "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
            PostgresCluster.ROLE,
            cluster.password());
    try {
      Process process = cluster.builder(command).start();
      PostgresServer server = new PostgresServer(process, address);
      if (server.awaitReady(patience)) {
        return Optional.of(server);
      }
      server.close();
      return Optional.empty();
    } catch (IOException e) {
      throw new StartException(
          "cannot run PostgreSQL's programs: "
              + e.getMessage()
              + "; the programs setsid, sh and (as root) unshare are needed",
          e);
    }
  }

  /** Asks until it answers or its process ends. */
  private boolean awaitReady(Duration patience) throws StartException {
    long attempts = patience.dividedBy(POLL);
    for (long i = 0; i < attempts; i++) {
      if (address.answers()) {
        return true;
      }
      try {
        process.onExit().get(POLL.toMillis(), TimeUnit.MILLISECONDS);
        return false;
      } catch (TimeoutException e) {
        // It runs and does not answer yet.
      } catch (ExecutionException e) {
        return false;
      } catch (InterruptedException e) {
        close();
        Thread.currentThread().interrupt();
        throw new StartException("interrupted while PostgreSQL was starting", e);
      }
    }
    return false;
  }

  private static void stopLeftBehind(PostgresCluster cluster) throws StartException {
    Optional<ProcessHandle> old = cluster.leftBehind();
    if (old.isPresent()) {
      LOG.warn(
          "stopping PostgreSQL process {} that an earlier broker left behind", old.get().pid());
      signal(old.get(), "INT");
      if (!ended(old.get())) {
        signal(old.get(), "QUIT");
        if (!ended(old.get())) {
          throw new StartException(
              "PostgreSQL process %d runs on %s and does not stop; stop it by hand"
                  .formatted(old.get().pid(), cluster.data()));
        }
      }
    }
    cluster.forgetLeftBehind();
  }

  private static void signal(ProcessHandle process, String signal) throws StartException {
    try {
      new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
    } catch (IOException e) {
      throw new StartException("cannot signal PostgreSQL process " + process.pid(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartException("interrupted while stopping PostgreSQL", e);
    }
  }

  private static boolean ended(ProcessHandle process) {
    try {
      process.onExit().get(STOP_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static int freePort() throws StartException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new StartException("no free port on loopback; is the loopback interface up?", e);
    }
  }

  /** How to reach it. */
  public DatabaseAddress address() {
    return address;
  }

  /** Of the guard, for tests. */
  ProcessHandle guard() {
    return process.toHandle();
  }

  /** A fast shutdown: open transactions are rolled back, nothing committed is lost. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      LOG.debug("guard's input was closed already", e);
    }
    if (!ended(process.toHandle())) {
      LOG.warn("embedded PostgreSQL did not stop in time; it will recover at the next start");
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}

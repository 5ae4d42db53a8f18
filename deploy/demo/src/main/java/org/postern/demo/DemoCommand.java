package org.postern.demo;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code postern demo}: starts everything, says what to try or proves it, and takes it away. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "The whole product on this machine: a broker in the cloud, an app connector in"
          + " a private network that drops everything inbound, and you on a device that"
          + " reaches its applications. Root gets network namespaces, an ordinary user the"
          + " same inside a user namespace; where neither is allowed, everything runs on"
          + " loopback. Ctrl-C takes all of it away.",
      "",
      "Example: postern demo",
      "Example: postern demo --check --json"
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:it worked",
      "1:it did not, a proof failed, or (in namespaces) one could not be made",
      "2:wrong command line"
    })
final class DemoCommand implements Callable<Integer> {
  private static final Duration FIRST_BYTE = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final LongSupplier nanoTime;
  private final PrintStream out;
  private final PrintStream err;
  private final Object lock = new Object();
  private final CountDownLatch stop = new CountDownLatch(1);
  private @Nullable Stage stage;
  private @Nullable Scene scene;

  @Option(names = "--check", description = "prove it instead of waiting, and exit with 0 or 1")
  private boolean check;

  @Option(names = "--json", description = "the proofs as JSON on standard output")
  private boolean json;

  @Option(
      names = "--logs",
      paramLabel = "DIR",
      description = "keep the logs of all processes in this folder")
  private @Nullable Path logs;

  @Option(names = "--loopback", description = "no namespaces: everything on loopback")
  private boolean loopback;

  private DemoCommand(LongSupplier nanoTime, PrintStream out, PrintStream err) {
    this.nanoTime = nanoTime;
    this.out = out;
    this.err = err;
  }

  /** Runs it; returns the exit code. Blocking. */
  static int run(LongSupplier nanoTime, PrintStream out, PrintStream err, String... arguments) {
    return commandLine(nanoTime, out, err).execute(arguments);
  }

  /** The command, to run or to mount. */
  static CommandLine commandLine(LongSupplier nanoTime, PrintStream out, PrintStream err) {
    return new CommandLine(new DemoCommand(nanoTime, out, err));
  }

  @Override
  public Integer call() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::takeAway, "demo-stop"));
    try {
      Teller teller = new Teller(json ? err : out, nanoTime);
      if (check) {
        teller.say("A first start, which fills the caches of class data:");
        play(teller);
        takeAwayStage();
        teller.say("The start that is measured:");
        teller = new Teller(json ? err : out, nanoTime);
      }
      double first = play(teller);
      Scene playing = scene();
      if (check) {
        return prove(playing, new Await(nanoTime), teller, first) ? 0 : 1;
      }
      teller.say(Guide.text(playing));
      watch(playing);
      return 0;
    } catch (DemoException e) {
      if (stop.getCount() > 0) {
        err.println("postern demo: " + e.getMessage());
      }
      return 1;
    } finally {
      takeAway();
    }
  }

  /** Starts everything, up to the first byte; returns when that came, in seconds. */
  private double play(Teller teller) throws DemoException {
    Stage opened = new Stage(logs);
    synchronized (lock) {
      if (stop.getCount() == 0) {
        throw new DemoException("stopped");
      }
      stage = opened;
    }
    Await await = new Await(nanoTime);
    Scene playing = opened.start(teller, await, loopback);
    scene = playing;
    double ready = teller.seconds();
    firstByte(playing, await);
    double first = teller.seconds();
    teller.say(
        String.format(Locale.ROOT, "ready in %.1f s, first byte after %.1f s", ready, first));
    return first;
  }

  private Scene scene() throws DemoException {
    Scene current = scene;
    if (current == null) {
      throw new DemoException("nothing was started");
    }
    return current;
  }

  private static void firstByte(Scene scene, Await await) throws DemoException {
    Layout.App wiki = scene.layout().wiki();
    await.untilTrue(
        "the first byte comes through the tunnel",
        FIRST_BYTE,
        () -> {
          scene
              .user()
              .call(
                  "get", Map.of("host", wiki.host(), "port", wiki.port(), "path", "/"), FIRST_BYTE);
          return true;
        });
  }

  private boolean prove(Scene scene, Await await, Teller teller, double first) {
    Proofs proofs = new Proofs(scene.ground(), await, teller);
    proofs.add(
        "from a warm start to the first byte in under 20 s",
        new Proofs.Evidence(first < 20, String.format(Locale.ROOT, "%.1f s", first)));
    new NameProofs(scene).proveAll(proofs);
    new TrafficProofs(scene).proveAll(proofs);
    new SecrecyProofs(scene).proveWitness(proofs);
    new CutProofs(scene, await).proveAll(proofs);
    new SecrecyProofs(scene).proveNothingInbound(proofs);
    if (json) {
      out.println(proofs.json());
    }
    teller.say(proofs.summary());
    return proofs.allHold();
  }

  /** Until Ctrl-C, or until a part of it ends by itself. */
  private void watch(Scene scene) throws DemoException {
    try {
      while (!stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        for (Program each : new Program[] {scene.broker(), scene.connector(), scene.client()}) {
          if (!each.isAlive() && stop.getCount() > 0) {
            throw new DemoException("a part ended by itself:\n" + each.lastWords(12));
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void takeAway() {
    stop.countDown();
    takeAwayStage();
  }

  private void takeAwayStage() {
    Stage current;
    synchronized (lock) {
      current = stage;
    }
    if (current != null) {
      current.close();
    }
  }
}

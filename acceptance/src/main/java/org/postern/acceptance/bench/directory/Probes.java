package org.postern.acceptance.bench.directory;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks the running broker for decisions about people who join and leave the group that a rule
 * names, over and over: how long from the acknowledgement until the decision is another. Snapshots
 * are taken in the order of commits, so a change between two probes is seen no later than the
 * second.
 */
final class Probes {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final Duration JOIN = Duration.ofSeconds(30);

  /** A person of the provider with a device on which they are signed in. */
  record Person(String user, String device) {}

  private final DirectoryBroker broker;
  private final DirectoryLoad load;
  private final String group;
  private final List<Person> people;
  private final Thread thread = Thread.ofVirtual().name("probes").unstarted(this::run);
  private final List<Double> millis = new ArrayList<>();
  private volatile boolean ended;

  /** Begins at once. */
  Probes(DirectoryBroker broker, DirectoryLoad load, String group, List<Person> people) {
    this.broker = broker;
    this.load = load;
    this.group = group;
    this.people = people;
    thread.start();
  }

  private void run() {
    try {
      for (int i = 0; !ended; i++) {
        Person person = people.get(i % people.size());
        boolean joins = (i / people.size()) % 2 == 0;
        load.move(new Ledger.Membership(group, person.user()), joins);
        long done = System.nanoTime();
        while (broker.permits(person.device()) != joins) {
          LockSupport.parkNanos(LOOK_NANOS);
        }
        synchronized (millis) {
          millis.add((System.nanoTime() - done) / 1e6);
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    } catch (IOException e) {
      // The broker was killed under a question, which has no answer then.
      ended = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends, and gives the milliseconds of each probe, sorted. */
  double[] end() throws InterruptedException {
    ended = true;
    if (!thread.join(JOIN)) {
      throw new IllegalStateException("a change was not decided by within " + JOIN);
    }
    synchronized (millis) {
      return millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }
  }
}

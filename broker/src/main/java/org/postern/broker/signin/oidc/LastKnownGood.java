package org.postern.broker.signin.oidc;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.broker.signin.RefetchBudget;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a provider publishes, read again when it is old. While the provider cannot be reached, what
 * was read last is believed on, for a bounded time. One thread reads; those that have something to
 * go on with do not wait for it, and a failure is not tried again before the pause is over.
 *
 * @param <T> what is published; immutable
 */
final class LastKnownGood<T> {
  private static final Logger LOG = LoggerFactory.getLogger(LastKnownGood.class);

  /** Reads it; blocking. */
  @FunctionalInterface
  interface Reader<T> {
    /** What is published now. */
    T read() throws SignInException;
  }

  private record Known<T>(T value, Instant readAt) {}

  private record Failure(SignInException why, Instant at) {
    SignInException again() {
      return new SignInException(why.fault(), String.valueOf(why.getMessage()), why);
    }
  }

  private final String what;
  private final Reader<T> reader;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final ReentrantLock reading = new ReentrantLock();
  private volatile @Nullable Known<T> known;
  private volatile @Nullable Failure failure;

  /**
   * Nothing read yet.
   *
   * @param what for the log, as in "keys of https://idp.example"
   */
  LastKnownGood(String what, Reader<T> reader, SignInLimits limits, InstantSource clock) {
    this.what = what;
    this.reader = reader;
    this.limits = limits;
    this.clock = clock;
  }

  /** What is believed now. */
  T current() throws SignInException {
    Known<T> found = known;
    if (found == null) {
      return first();
    }
    if (clock.instant().isBefore(found.readAt().plus(limits.metadataAge()))) {
      return found.value();
    }
    return again(found).value();
  }

  /**
   * What is published now: something that should be in it is not in what was seen. Waits for a
   * reading that is under way, which may bring it.
   *
   * @param budget how often this may be asked for
   * @throws SignInException when it cannot be looked at now: nobody knows whether it is there
   */
  @SuppressWarnings(
      "ReferenceEquality") // What was read anew is another object, even if it is equal.
  T afterRotation(T seen, RefetchBudget budget) throws SignInException {
    Known<T> found = known;
    if (found != null && found.value() != seen) {
      return found.value();
    }
    reading.lock();
    try {
      found = known;
      if (found != null && found.value() != seen) {
        return found.value();
      }
      Failure before = failure;
      if (before != null && pausing(before)) {
        throw before.again();
      }
      if (!budget.tryTake()) {
        throw new SignInException(
            SignInFault.TOKEN_KEY_UNKNOWN, what + " were read again a moment ago");
      }
      return read();
    } finally {
      reading.unlock();
    }
  }

  private T first() throws SignInException {
    reading.lock();
    try {
      Known<T> found = known;
      if (found != null) {
        return found.value();
      }
      Failure before = failure;
      if (before != null && pausing(before)) {
        throw before.again();
      }
      return read();
    } finally {
      reading.unlock();
    }
  }

  @SuppressWarnings("ReferenceEquality") // Likewise.
  private Known<T> again(Known<T> old) throws SignInException {
    if (!reading.tryLock()) {
      return stillGood(old);
    }
    try {
      Known<T> found = known;
      if (found != null && found != old) {
        return found;
      }
      Failure before = failure;
      if (before == null || !pausing(before)) {
        read();
        return Objects.requireNonNull(known);
      }
      return stillGood(old);
    } catch (SignInException e) {
      LOG.warn("{} are kept as of {}: {}", what, old.readAt(), e.getMessage());
      return stillGood(old);
    } finally {
      reading.unlock();
    }
  }

  private boolean pausing(Failure before) {
    return clock.instant().isBefore(before.at().plus(limits.refetchPause()));
  }

  private Known<T> stillGood(Known<T> old) throws SignInException {
    if (clock.instant().isAfter(old.readAt().plus(limits.metadataKept()))) {
      throw new SignInException(
          SignInFault.PROVIDER_UNREACHABLE, what + " could not be read since " + old.readAt());
    }
    return old;
  }

  private T read() throws SignInException {
    try {
      T fresh = reader.read();
      known = new Known<>(fresh, clock.instant());
      failure = null;
      return fresh;
    } catch (SignInException e) {
      failure = new Failure(e, clock.instant());
      throw e;
    }
  }
}

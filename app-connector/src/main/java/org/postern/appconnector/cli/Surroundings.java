package org.postern.appconnector.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What a command takes from its process; tests pass their own.
 *
 * @param clock wall clock
 * @param nanoTime monotonic clock, in nanoseconds
 * @param random for ids and jitter
 * @param environment variables
 * @param in standard input
 * @param out for results
 * @param err for errors
 */
public record Surroundings(
    InstantSource clock,
    LongSupplier nanoTime,
    RandomGenerator random,
    Map<String, String> environment,
    InputStream in,
    PrintStream out,
    PrintStream err) {}

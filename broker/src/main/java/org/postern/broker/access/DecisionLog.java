package org.postern.broker.access;

import org.postern.policystore.Transport;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;

/**
 * Keeps decisions by their id. Called on event loops: never blocks, and may forget when flooded.
 */
@FunctionalInterface
public interface DecisionLog {
  /** Keeps nothing. */
  DecisionLog FORGETFUL = note -> {};

  /**
   * One decision and all that it was made of, so that the reasons can be worked out elsewhere.
   *
   * @param occasion what it was decided for
   * @param atMillis milliseconds since the epoch
   * @param port for a name, the lowest port that an application has there; 0: none
   * @param fault why policy was not asked; empty if it was
   */
  record Note(
      String id,
      Occasion occasion,
      long atMillis,
      Snapshot snapshot,
      SubjectView subject,
      String host,
      int port,
      Transport transport,
      String fault) {}

  /** What a decision is made for. */
  enum Occasion {
    /** A flow that is opened, or a live one that is decided again. */
    FLOW,
    /** A person who wants to know. */
    QUESTION,
    /** A name that is looked up. */
    NAME,
    /** Something that was refused before policy was asked. */
    FAULT
  }

  /** Keeps one. */
  void decided(Note note);
}

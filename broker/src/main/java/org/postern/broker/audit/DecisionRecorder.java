package org.postern.broker.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import org.postern.broker.access.DecisionLog;
import org.postern.policystore.decision.Explanation;
import org.postern.policystore.jdbc.DecisionRecords;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes decisions into the database a little later, many at a time. {@link #decided} never blocks;
 * when more come than can be written, some are forgotten and counted. {@link #write} blocks and is
 * called by one timer.
 */
public final class DecisionRecorder implements DecisionLog {
  private static final Logger LOG = LoggerFactory.getLogger(DecisionRecorder.class);
  private static final int WAITING_MAX = 20_000;
  private static final int BATCH_MAX = 2_000;

  private final BlockingQueue<Note> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
  private final LongAdder forgotten = new LongAdder();
  private long forgottenSaid;
  private final DecisionRecords records;
  private final ApprovalUse approvals;
  private final String brokerId;

  /** Into these records; the use of approvals is noted as well. */
  public DecisionRecorder(DecisionRecords records, ApprovalUse approvals, String brokerId) {
    this.records = records;
    this.approvals = approvals;
    this.brokerId = brokerId;
  }

  @Override
  public void decided(Note note) {
    if (!waiting.offer(note)) {
      forgotten.increment();
    }
  }

  /** Writes what waits. */
  public void write() {
    List<Note> batch = new ArrayList<>();
    while (waiting.drainTo(batch, BATCH_MAX) > 0) {
      records.add(batch.stream().map(this::record).toList());
      batch.clear();
    }
    long lost = forgotten.sum() - forgottenSaid;
    forgottenSaid += lost;
    if (lost > 0) {
      LOG.warn("{} decisions were made faster than they could be written, and not kept", lost);
    }
  }

  /** Decisions that were not kept because too many waited, since the start. */
  public long forgotten() {
    return forgotten.sum();
  }

  private DecisionRecords.Decided record(Note note) {
    return new DecisionRecords.Decided(
        note.id(),
        Instant.ofEpochMilli(note.atMillis()),
        brokerId,
        note.subject().userId(),
        note.subject().deviceId(),
        note.host(),
        note.port(),
        switch (note.occasion()) {
          case NAME -> "dns";
          case FLOW, QUESTION, FAULT -> note.transport().name().toLowerCase(java.util.Locale.ROOT);
        },
        why(note));
  }

  private DecisionRecords.Why why(Note note) {
    if (note.occasion() == Occasion.FAULT) {
      return new DecisionRecords.Why("", "refused", note.fault(), "", "{}");
    }
    Explanation why =
        note.snapshot()
            .explain(note.subject(), note.host(), note.port(), note.transport(), note.atMillis());
    approvals.noted(note, why.decision());
    return ExplanationText.of(why);
  }
}

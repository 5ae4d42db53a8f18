package org.postern.clientconnector.link;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Resolve;
import org.postern.tunnel.message.Resolved;

/**
 * Name questions to the broker, and the answers remembered: permitted or not, they are kept and
 * forgotten alike. Confined to the client's loop.
 */
final class Resolutions {
  private final EventLoop loop;
  private final LinkLimits limits;
  private final LongSupplier nanoTime;
  private final Map<String, Known> known;
  private final Map<Integer, Question> pending = new HashMap<>();
  private final Map<String, Question> byHost = new HashMap<>();
  private int nextQuery;

  private record Known(Resolved answer, long untilNanos) {}

  private record Question(int id, String host, Promise<Resolved> promise, Future<?> deadline) {}

  /** The broker cannot be asked, or did not answer. */
  static final class NoAnswerException extends Exception {
    private static final long serialVersionUID = 1L;

    NoAnswerException(String message) {
      super(message, null, false, false);
    }
  }

  Resolutions(EventLoop loop, LinkLimits limits, LongSupplier nanoTime) {
    this.loop = loop;
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.known =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > limits.resolutionsMax();
          }
        };
  }

  /** The answer that is remembered for a name, or null. */
  @Nullable Resolved recall(String host) {
    Known answer = known.get(host);
    if (answer == null) {
      return null;
    }
    if (nanoTime.getAsLong() - answer.untilNanos >= 0) {
      known.remove(host);
      return null;
    }
    return answer.answer;
  }

  /** Asks the broker; questions for the same name share one message. */
  Future<Resolved> ask(String host, Consumer<Envelope> link) {
    Question running = byHost.get(host);
    if (running != null) {
      return running.promise;
    }
    Promise<Resolved> promise = loop.newPromise();
    if (pending.size() >= limits.resolvesPendingMax()) {
      return promise.setFailure(new NoAnswerException("too many name questions under way"));
    }
    int id = ++nextQuery;
    Future<?> deadline =
        loop.schedule(
            () -> fail(id, "the broker did not answer in time"),
            limits.resolveTimeout().toMillis(),
            TimeUnit.MILLISECONDS);
    Question question = new Question(id, host, promise, deadline);
    pending.put(id, question);
    byHost.put(host, question);
    link.accept(
        Envelope.newBuilder()
            .setResolve(Resolve.newBuilder().setQueryId(id).setHost(host))
            .build());
    return promise;
  }

  /** The broker answered. */
  void onResolved(Resolved answer) {
    Question question = take(answer.getQueryId());
    if (question == null) {
      return;
    }
    known.put(
        question.host, new Known(answer, nanoTime.getAsLong() + limits.resolutionAge().toNanos()));
    question.promise.trySuccess(answer);
  }

  /** Policy changed: nothing that was said before counts. */
  void forget() {
    known.clear();
  }

  /** The link is gone: nobody will answer. */
  void failAll(String text) {
    for (Integer id : pending.keySet().toArray(Integer[]::new)) {
      fail(id, text);
    }
  }

  private void fail(int id, String text) {
    Question question = take(id);
    if (question != null) {
      question.promise.tryFailure(new NoAnswerException(text));
    }
  }

  private @Nullable Question take(int id) {
    Question question = pending.remove(id);
    if (question != null) {
      byHost.remove(question.host);
      question.deadline.cancel(false);
    }
    return question;
  }
}

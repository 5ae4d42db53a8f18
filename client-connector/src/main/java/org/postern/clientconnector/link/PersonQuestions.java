package org.postern.clientconnector.link;

import com.google.protobuf.MessageLite;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.AccessAnswer;
import org.postern.tunnel.message.AccessQuery;
import org.postern.tunnel.message.AccessRequest;
import org.postern.tunnel.message.AccessWish;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Why;
import org.postern.tunnel.message.WhyAnswer;

/**
 * What the person asks the broker: why, and please. A future fails with a sentence for the person
 * when there is no broker to ask, or no answer in time. Confined to the client's loop.
 */
public final class PersonQuestions {
  private final EventLoop loop;
  private final LinkLimits limits;
  private final Map<Integer, Waiting<?>> waiting = new HashMap<>();
  private @Nullable Consumer<Envelope> link;
  private String linkText = "not connected yet";
  private List<AccessRequest> requests = List.of();
  private int nextQuery;

  private record Waiting<A extends MessageLite>(
      Class<A> type, Promise<A> promise, Future<?> deadline) {
    void answer(MessageLite answer) {
      deadline.cancel(false);
      if (type.isInstance(answer)) {
        promise.trySuccess(type.cast(answer));
      } else {
        promise.tryFailure(new NoAnswerException("the broker answered something else"));
      }
    }
  }

  /** The broker cannot be asked, or did not answer. */
  public static final class NoAnswerException extends Exception {
    private static final long serialVersionUID = 1L;

    NoAnswerException(String message) {
      super(message, null, false, false);
    }
  }

  PersonQuestions(EventLoop loop, LinkLimits limits) {
    this.loop = loop;
    this.limits = limits;
  }

  void up(Consumer<Envelope> current) {
    link = current;
  }

  void down(String why) {
    link = null;
    linkText = why;
    for (Integer id : waiting.keySet().toArray(Integer[]::new)) {
      fail(id, "no connection to the broker: " + why);
    }
  }

  /** Why is it so? */
  public Future<WhyAnswer> why(Why.Builder question) {
    return ask(
        WhyAnswer.class, id -> Envelope.newBuilder().setWhy(question.setQueryId(id)).build());
  }

  /** Asks for access. */
  public Future<AccessAnswer> wish(AccessWish.Builder wish) {
    return ask(
        AccessAnswer.class, id -> Envelope.newBuilder().setAccessWish(wish.setQueryId(id)).build());
  }

  /** What was asked for, and what came of it. */
  public Future<AccessAnswer> requests() {
    return ask(
        AccessAnswer.class,
        id ->
            Envelope.newBuilder().setAccessQuery(AccessQuery.newBuilder().setQueryId(id)).build());
  }

  /** The requests as the broker told them last. */
  public List<AccessRequest> lastRequests() {
    return requests;
  }

  private interface Question {
    Envelope with(int id);
  }

  private <A extends MessageLite> Future<A> ask(Class<A> type, Question question) {
    Consumer<Envelope> current = link;
    if (current == null) {
      return loop.newFailedFuture(
          new NoAnswerException("no connection to the broker: " + linkText));
    }
    if (waiting.size() >= limits.resolvesPendingMax()) {
      return loop.newFailedFuture(new NoAnswerException("too many questions under way"));
    }
    int id = ++nextQuery;
    Promise<A> promise = loop.newPromise();
    Future<?> deadline =
        loop.schedule(
            () -> fail(id, "the broker did not answer in time; try again"),
            limits.resolveTimeout().toMillis(),
            TimeUnit.MILLISECONDS);
    waiting.put(id, new Waiting<>(type, promise, deadline));
    current.accept(question.with(id));
    return promise;
  }

  private void fail(int id, String text) {
    Waiting<?> question = waiting.remove(id);
    if (question != null) {
      question.deadline.cancel(false);
      question.promise.tryFailure(new NoAnswerException(text));
    }
  }

  void answered(WhyAnswer answer) {
    answered(answer.getQueryId(), answer);
  }

  void answered(AccessAnswer answer) {
    if (answer.getOutcome() == AccessAnswer.Outcome.OUTCOME_LIST) {
      requests = answer.getRequestsList();
    }
    answered(answer.getQueryId(), answer);
  }

  private void answered(int id, MessageLite answer) {
    Waiting<?> question = waiting.remove(id);
    if (question != null) {
      question.answer(answer);
    }
  }
}

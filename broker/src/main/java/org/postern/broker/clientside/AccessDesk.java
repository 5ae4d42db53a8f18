package org.postern.broker.clientside;

import java.util.function.Consumer;
import org.postern.tunnel.message.AccessAnswer;

/**
 * Where people ask for access. Called on event loops: never blocks, and answers later, once, on any
 * thread. Answers have no query id yet.
 */
public interface AccessDesk {
  /** Keeps nothing and says so: for a broker without a database. */
  AccessDesk NONE =
      new AccessDesk() {
        private void no(Consumer<AccessAnswer> answer) {
          answer.accept(
              AccessAnswer.newBuilder()
                  .setOutcome(AccessAnswer.Outcome.OUTCOME_FAILED)
                  .setText("this broker keeps no requests")
                  .build());
        }

        @Override
        public void ask(Wish wish, Consumer<AccessAnswer> answer) {
          no(answer);
        }

        @Override
        public void list(String userId, Consumer<AccessAnswer> answer) {
          no(answer);
        }
      };

  /**
   * What a person asks for, once policy has said that an approval would help.
   *
   * @param email as an administrator knows the person
   * @param target host and port
   * @param reason for the approver
   * @param seconds for how long
   */
  record Wish(
      String userId,
      String email,
      String deviceId,
      String application,
      String target,
      String reason,
      long seconds) {}

  /** Somebody asks. */
  void ask(Wish wish, Consumer<AccessAnswer> answer);

  /** What a person asked for. */
  void list(String userId, Consumer<AccessAnswer> answer);
}

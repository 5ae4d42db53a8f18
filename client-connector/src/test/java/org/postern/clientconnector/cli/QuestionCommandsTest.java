package org.postern.clientconnector.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.clientconnector.local.control.ControlHandler;
import org.postern.clientconnector.local.control.ControlServer;
import org.postern.tunnel.link.EpollLoops;

/** What the person reads, and with which code the commands end. */
class QuestionCommandsTest {
  private static final String REFUSED =
      """
      {"target":"pay.corp:443","outcome":"refused","reason":"POLICY_APPROVAL_REQUIRED",
      "text":"somebody has to approve it first; ask: postern request HOST:PORT --reason TEXT",
      "message":"Ask the payments team.","decisionId":"3fa9-1c"}
      """
          .replace("\n", "");

  @TempDir private Path directory;
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final IoEventLoop loop = group.next();
  private final List<String> asked = new ArrayList<>();
  private final List<String> answers = new ArrayList<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Channel listening;

  private final class Handler implements ControlHandler {
    @Override
    public Future<String> status() {
      return loop.newFailedFuture(new IOException("not asked"));
    }

    @Override
    public Future<String> down() {
      return loop.newFailedFuture(new IOException("not asked"));
    }

    @Override
    public Future<String> ask(String verb, String arguments) {
      asked.add((verb + " " + arguments).strip());
      return answers.isEmpty()
          ? loop.newFailedFuture(new IOException("no connection to the broker: session ended"))
          : loop.newSucceededFuture(answers.removeFirst());
    }

    @Override
    public void connect(Target target, Channel local, ConnectListener listener) {
      throw new AssertionError("nobody connects");
    }
  }

  @BeforeEach
  void start() throws Exception {
    listening =
        ControlServer.listen(
                directory.resolve("client.sock"),
                loop,
                LocalLimits.DEFAULTS,
                new Handler(),
                Optional.empty())
            .get();
  }

  @AfterEach
  void stop() throws Exception {
    listening.close().sync();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private int run(String... arguments) {
    Surroundings surroundings =
        new Surroundings(
            Clock.systemUTC(),
            System::nanoTime,
            Map.of("POSTERN_RUN_DIR", directory.toString()),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return ClientCommand.run(surroundings, arguments);
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void whySaysTheReasonTheAdministratorsWordsAndTheDecision() {
    answers.add(REFUSED);
    assertThat(run("why", "pay.corp:443")).isEqualTo(ExitCode.REFUSED);
    assertThat(asked).containsExactly("why pay.corp:443 tcp");
    assertThat(said())
        .contains("pay.corp:443: somebody has to approve it first")
        .contains("postern request pay.corp:443 --reason")
        .contains("Your administrator says: Ask the payments team.")
        .contains("postern admin decision show 3fa9-1c");
  }

  @Test
  void whyForProgramsIsOneLineOfJson() {
    answers.add(REFUSED);
    assertThat(run("why", "--udp", "pay.corp", "--json")).isEqualTo(ExitCode.REFUSED);
    assertThat(asked).containsExactly("why pay.corp udp");
    assertThat(said().strip()).isEqualTo(REFUSED);
  }

  @Test
  void withoutABrokerThereIsNoAnswerAndTheCodeSaysSo() {
    assertThat(run("why", "pay.corp")).isEqualTo(ExitCode.NOT_CONNECTED);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("session ended");
  }

  @Test
  void requestAsksAndPrintsTheId() {
    answers.add("{\"outcome\":\"waits\",\"requestId\":\"q-1\"}");
    assertThat(run("request", "pay.corp", "--reason", "Störung 7", "--for", "2h", "--no-wait"))
        .isEqualTo(ExitCode.OK);
    assertThat(asked).containsExactly("request pay.corp tcp 7200 St%C3%B6rung+7");
    assertThat(said().strip()).isEqualTo("q-1");
  }

  @Test
  void requestWaitsUntilSomebodyHasDecided() {
    answers.add("{\"outcome\":\"waits\",\"requestId\":\"q-1\"}");
    answers.add("{\"requests\":[{\"id\":\"q-1\",\"state\":\"refused\",\"text\":\"not today\"}]}");
    assertThat(run("request", "pay.corp", "--reason", "x")).isEqualTo(ExitCode.REFUSED);
    assertThat(said()).contains("q-1 waits").contains("refused (not today)");
  }

  @Test
  void badTimesAndReasonsAreRefusedBeforeAnybodyIsAsked() {
    assertThat(run("request", "pay.corp", "--reason", "x", "--for", "soon"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(run("request", "pay.corp", "--reason", " ")).isEqualTo(ExitCode.USAGE);
    assertThat(run("why", "pay corp")).isEqualTo(ExitCode.USAGE);
    assertThat(asked).isEmpty();
  }
}

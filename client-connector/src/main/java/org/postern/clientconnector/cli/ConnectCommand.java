package org.postern.clientconnector.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;
import org.postern.clientconnector.local.Target;
import org.postern.clientconnector.local.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** One flow on standard input and output. */
@Command(
    name = "connect",
    mixinStandardHelpOptions = true,
    description = {
      "Connects standard input and output to one application, through the running client"
          + " connector.",
      "",
      "Example: ssh -o ProxyCommand='postern connect %%h:%%p' git.corp.internal"
    })
final class ConnectCommand implements Callable<Integer> {
  private static final int BUFFER_BYTES = 64 << 10;

  private final Surroundings surroundings;

  @Parameters(paramLabel = "HOST:PORT", description = "the application")
  private String target = "";

  @Mixin private final HomeOptions home = new HomeOptions();

  ConnectCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure, IOException {
    Target parsed;
    try {
      parsed = Target.parse(target);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, target + ": " + e.getMessage());
    }
    ControlClient client = home.client(surroundings.environment());
    try (ControlClient.Flow flow = client.connect(parsed)) {
      Thread.ofVirtual().name("stdin-to-flow").start(() -> sendInput(flow.channel()));
      receive(flow.channel());
      client.outcome(flow);
      return ExitCode.OK;
    } catch (ControlClient.RefusedException e) {
      throw new CommandFailure(ExitCode.REFUSED, parsed + ": " + e.getMessage());
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.NOT_CONNECTED, String.valueOf(e.getMessage()));
    }
  }

  private static void sendInput(SocketChannel flow) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = System.in;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
        while (bytes.hasRemaining()) {
          flow.write(bytes);
        }
      }
      flow.shutdownOutput();
    } catch (IOException e) {
      // The other direction ends for the same reason, and says it.
    }
  }

  private void receive(SocketChannel flow) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    OutputStream out = surroundings.out();
    InputStream in = Channels.newInputStream(flow);
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      out.write(buffer, 0, read);
      out.flush();
    }
  }
}

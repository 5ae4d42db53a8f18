package org.postern.clientconnector.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.signin.BrokerTrust;
import org.postern.clientconnector.signin.DeviceSignOut;
import org.postern.clientconnector.signin.SignInException;
import org.postern.identity.IdentityException;
import org.postern.tunnel.link.DialerConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Ends this device's session. */
@Command(
    name = "logout",
    mixinStandardHelpOptions = true,
    description = {
      "Signs you out on this device: the session and all its flows end at the broker.",
      "The device stays known; 'postern login' begins a new session.",
      "",
      "Example: postern logout"
    })
final class LogoutCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "PEM file with the root of the broker's web certificate, if it has its own")
  private @Nullable Path ca;

  @Option(names = "--no-browser", description = "only print where to sign out at the provider too")
  private boolean noBrowser;

  @Mixin private final HomeOptions home = new HomeOptions();

  LogoutCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws SignInException, IdentityException, IOException, CommandFailure {
    DeviceHome.SignedIn known =
        home.device(surroundings.environment())
            .load()
            .orElseThrow(
                () -> new CommandFailure(ExitCode.FAILED, "nobody is signed in on this device"));
    DialerConfig.Target broker = known.broker();
    String host = broker.host().contains(":") ? "[" + broker.host() + "]" : broker.host();
    Path file = ca;
    DeviceSignOut.SignedOut out =
        new DeviceSignOut(
                URI.create("https://" + host + ":" + broker.port()),
                file == null ? new BrokerTrust.Known(known.trust()) : new BrokerTrust.CaFile(file))
            .signOut(known.credential());
    surroundings
        .out()
        .println(out.ended() ? "Signed out." : "There was no session on this device.");
    out.onward().ifPresent(this::onward);
    return ExitCode.OK;
  }

  private void onward(URI address) {
    surroundings.out().println("To sign out at your identity provider too, open:");
    surroundings.out().println();
    surroundings.out().println("  " + address);
    surroundings.out().flush();
    if (!noBrowser) {
      Browser.open(surroundings, address);
    }
  }
}

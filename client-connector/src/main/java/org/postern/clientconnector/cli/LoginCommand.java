package org.postern.clientconnector.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.signin.BrokerTrust;
import org.postern.clientconnector.signin.DeviceSignIn;
import org.postern.clientconnector.signin.SignInException;
import org.postern.identity.CredentialStore;
import org.postern.identity.IdentityException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Signs in with a browser and enrolls this device. */
@Command(
    name = "login",
    mixinStandardHelpOptions = true,
    description = {
      "Signs you in with a browser and makes this device known.",
      "",
      "The device's key is made here, at the first sign-in, and never leaves. Run it"
          + " again when your session has ended: it stays the same device, and a running"
          + " client connector uses the new certificate by itself.",
      "",
      "Example: postern login https://broker.example.com --ca-fingerprint 3f0c..."
    })
final class LoginCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Surroundings surroundings;

  @Parameters(paramLabel = "URL", description = "the broker, such as https://broker.example.com")
  private @Nullable URI broker;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "PEM file with the deployment's root; default: the roots of this machine")
  private @Nullable Path ca;

  @Option(
      names = "--ca-fingerprint",
      paramLabel = "SHA256",
      description = "fingerprint of the deployment's root, as the administrator told you")
  private @Nullable String fingerprint;

  @Option(
      names = "--no-browser",
      description = "only print the address; open it on this machine yourself")
  private boolean noBrowser;

  @Option(
      names = "--device",
      description = "no browser here: show a code, to be typed in a browser on any other machine")
  private boolean byCode;

  @Option(names = "--device-name", paramLabel = "NAME", description = "default: the host name")
  private @Nullable String deviceName;

  @Option(
      names = "--again",
      description = "your identity provider must ask you anew: for what refuses an old sign-in")
  private boolean again;

  @Option(
      names = "--step-up",
      paramLabel = "ACR",
      description = "sign in more strongly, as your administrator calls it at the provider")
  private String stepUp = "";

  @Option(
      names = "--new-key",
      description =
          "make a new key, and so a new device: after this one was removed, or was used by"
              + " somebody else")
  private boolean newKey;

  @Mixin private final HomeOptions home = new HomeOptions();

  LoginCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws SignInException, IdentityException, IOException, CommandFailure {
    if (ca != null && fingerprint != null) {
      throw new CommandFailure(ExitCode.USAGE, "--ca and --ca-fingerprint: give one of them");
    }
    URI address = broker;
    if (address == null) {
      throw new CommandFailure(ExitCode.USAGE, "URL is missing");
    }
    DeviceHome device = home.device(surroundings.environment());
    String host = hostName();
    DeviceSignIn signIn =
        new DeviceSignIn(
            new DeviceSignIn.Request(
                address,
                trust(),
                deviceName == null ? host : deviceName,
                host,
                platform(),
                newKey ? Optional.empty() : known(device),
                new DeviceSignIn.Demand(again, stepUp),
                PATIENCE));
    DeviceSignIn.SignedIn signedIn =
        byCode ? signIn.signInByCode(this::show) : signIn.signIn(this::visit);
    device.save(signedIn);
    surroundings.out().printf("Signed in as %s. Next: postern up%n", signedIn.userName());
    return ExitCode.OK;
  }

  private Optional<CredentialStore.Stored> known(DeviceHome device) throws IOException {
    try {
      return device.identity();
    } catch (IdentityException e) {
      surroundings.err().println(e.getMessage());
      surroundings.err().println("A new key is made: this is a new device now.");
      return Optional.empty();
    }
  }

  private BrokerTrust trust() {
    Path file = ca;
    if (file != null) {
      return new BrokerTrust.CaFile(file);
    }
    String pin = fingerprint;
    return pin == null ? new BrokerTrust.Machine() : new BrokerTrust.Fingerprint(pin);
  }

  private void show(DeviceSignIn.Prompt prompt) {
    surroundings.out().println("On any machine with a browser, open");
    surroundings.out().println();
    surroundings.out().println("  " + prompt.address());
    surroundings.out().println();
    surroundings.out().println("and type the code  " + prompt.code());
    surroundings.out().println();
    surroundings.out().println("Type it yourself, and give it to nobody. Waiting...");
    surroundings.out().flush();
  }

  private void visit(URI address) {
    surroundings.out().println("Open this address in a browser on this machine to sign in:");
    surroundings.out().println();
    surroundings.out().println("  " + address);
    surroundings.out().println();
    surroundings.out().flush();
    if (!noBrowser) {
      Browser.open(surroundings, address);
    }
  }

  static String hostName() {
    try (InputStream in = Files.newInputStream(Path.of("/proc/sys/kernel/hostname"))) {
      return new String(in.readNBytes(253), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "unnamed";
    }
  }

  static String platform() {
    return (System.getProperty("os.name") + "-" + System.getProperty("os.arch"))
        .toLowerCase(Locale.ROOT);
  }
}

package org.postern.appconnector.cli;

import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.postern.appconnector.enroll.Enrolled;
import org.postern.appconnector.enroll.Enrollment;
import org.postern.appconnector.enroll.EnrollmentException;
import org.postern.appconnector.enroll.ProvisioningKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code postern connector enroll}. */
@Command(
    name = "enroll",
    mixinStandardHelpOptions = true,
    description = {
      "Turns a provisioning key into a certificate for this connector.",
      "",
      "The private key is made here and never leaves. Afterwards the provisioning key is no longer"
          + " needed on this machine."
    },
    footer = {
      "",
      "Example:",
      "  postern connector enroll --broker https://broker.example \\",
      "      --ca-fingerprint 3f9a... --key-file /run/secrets/vpc-a.key"
    })
final class EnrollCommand implements Callable<Integer> {
  @Mixin private HomeOption homeOption = new HomeOption();
  @Mixin private EnrollOptions options = new EnrollOptions();

  private final Surroundings surroundings;

  EnrollCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure, IOException {
    ConnectorHome home = homeOption.home(surroundings.environment());
    try (FileLock lock = home.lock()) {
      assert lock.isValid();
      Enrolled enrolled = enroll(options, home, surroundings);
      surroundings
          .out()
          .printf(
              "enrolled as %s%ncertificate until %s, renewed by itself while it runs%nstart it: "
                  + "postern connector run --data-dir %s%n",
              enrolled.credential().id(), enrolled.credential().notAfter(), home.directory());
      return ExitCode.OK;
    }
  }

  static Enrolled enroll(EnrollOptions options, ConnectorHome home, Surroundings surroundings)
      throws CommandFailure {
    Map<String, String> environment = surroundings.environment();
    Enrollment.Request request = options.request(environment);
    Path keyFile = options.keyFile(environment);
    if (keyFile == null) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--key-file is missing: a file with the provisioning key, or - for standard input");
    }
    try {
      Enrolled enrolled =
          new Enrollment(request).enroll(ProvisioningKey.read(keyFile, surroundings.in()));
      home.save(enrolled);
      return enrolled;
    } catch (EnrollmentException e) {
      throw new CommandFailure(
          switch (e.kind()) {
            case REFUSED -> ExitCode.REFUSED;
            case UNREACHABLE -> ExitCode.UNREACHABLE;
            case CONFUSED -> ExitCode.FAILED;
          },
          String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.USAGE, "cannot read the key: " + e.getMessage());
    }
  }
}

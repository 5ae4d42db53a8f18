package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code postern admin login}: a browser signs in, and this command line gets a token for hours.
 */
@Command(
    name = "login",
    mixinStandardHelpOptions = true,
    description = "Signs in with a browser and keeps a token that ends by itself.",
    footer = {
      "",
      "Example:",
      "  postern admin login --url https://broker.example.com --ca ca.pem",
      "",
      "The token is kept with mode 0600 in ~/.config/postern/admin.token; later commands find it."
    })
final class LoginCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int SECRET_BYTES = 32;

  @Mixin private Connection connection = new Connection();
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--no-browser", description = "Only print the address; open no browser.")
  private boolean noBrowser;

  private final SecureRandom random = new SecureRandom();

  @Override
  public Integer call() {
    String state = secret();
    String verifier = secret();
    AdminClient client = connection.openWithoutToken();
    PrintWriter out = Output.of(spec);
    try (LoopbackDoor door = new LoopbackDoor(state)) {
      String address =
          "%s/admin/signin?redirect_uri=%s&state=%s&code_challenge=%s"
              .formatted(
                  connection.address(),
                  AdminClient.encode(door.redirect()),
                  state,
                  challenge(verifier));
      out.println("Open this address in a browser on this machine, and sign in:");
      out.println("  " + address);
      out.flush();
      if (!noBrowser) {
        openBrowser(address);
      }
      String code = door.await(PATIENCE);
      ObjectNode body = AdminClient.JSON.createObjectNode();
      body.put("code", code).put("code_verifier", verifier);
      JsonNode answer =
          client.success(client.post("/admin/signin/token", "application/json", body.toString()));
      Path file = connection.keepToken(answer.path("token").asText());
      out.println(
          "You are %s (%s) until %s; the token is in %s"
              .formatted(
                  Table.printable(answer.path("name").asText()),
                  Table.printable(answer.path("role").asText()),
                  answer.path("expires").asText(),
                  file));
      return ExitCode.OK;
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.REFUSED, "cannot listen on loopback or keep the token: " + e.getMessage());
    }
  }

  private String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String challenge(String verifier) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** If there is a desktop; the address is on the terminal in any case. */
  private static void openBrowser(String address) {
    try {
      new ProcessBuilder("xdg-open", address)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      // No desktop here: whoever reads the address opens it.
      return;
    }
  }

  /** Mode 0600, replaced whole. */
  static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path temporary =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            "." + file.getFileName(),
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(temporary, text);
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}

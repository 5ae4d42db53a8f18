package org.postern.clientconnector.posture.token;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A token of SoftHSM, a module that keeps its keys in files, with keys of every kind. */
final class SoftToken {
  static final String MODULE = "/usr/lib/softhsm/libsofthsm2.so";
  static final String PIN = "846215";

  private final Path folder;
  final Map<String, String> environment;

  SoftToken(Path folder) throws Exception {
    this.folder = folder;
    Path conf = folder.resolve("softhsm2.conf");
    Files.createDirectory(folder.resolve("tokens"));
    Files.writeString(
        conf, "directories.tokendir = " + folder.resolve("tokens") + "\nlog.level = ERROR\n");
    this.environment = Map.of("SOFTHSM2_CONF", conf.toString(), "PATH", "/usr/bin:/bin");
    run(
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "t",
        "--so-pin",
        "719283",
        "--pin",
        PIN);
    run("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-out", "ca.pem");
  }

  private void run(String... command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said);
    }
  }

  private void tool(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("pkcs11-tool", "--module", MODULE, "--login", "--pin", PIN));
    command.addAll(List.of(arguments));
    run(command.toArray(String[]::new));
  }

  /** A key made on the token. */
  SoftToken key(String id, String type, String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("--keypairgen", "--key-type", type, "--id", id));
    arguments.addAll(List.of(more));
    tool(arguments.toArray(String[]::new));
    return this;
  }

  /** A key made elsewhere. */
  SoftToken imported(String id) throws Exception {
    run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "ca.pem", "-outform", "DER", "-out", "k");
    tool("--write-object", "k", "--type", "privkey", "--id", id, "--sensitive", "--usage-sign");
    run("openssl", "ec", "-in", "ca.pem", "-pubout", "-out", "pub" + id + ".pem");
    return certificate(id, "imported", id);
  }

  /** A certificate of the key with one id, kept under another. */
  SoftToken certificate(String ofKey, String label, String id) throws Exception {
    Path pem = folder.resolve("pub" + ofKey + ".pem");
    if (!Files.exists(pem)) {
      tool("--read-object", "--type", "pubkey", "--id", ofKey, "--output-file", "pub.der");
      run("openssl", "pkey", "-pubin", "-inform", "DER", "-in", "pub.der", "-out", pem.toString());
    }
    run(
        "openssl",
        "x509",
        "-new",
        "-subj",
        "/CN=" + label,
        "-force_pubkey",
        pem.toString(),
        "-key",
        "ca.pem",
        "-outform",
        "DER",
        "-out",
        "cert.der");
    tool("--write-object", "cert.der", "--type", "cert", "--id", id, "--label", label);
    return this;
  }
}

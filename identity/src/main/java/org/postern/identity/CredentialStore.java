package org.postern.identity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A directory (mode 0700) with what enrollment brought: {@code identity.pem} (private key and
 * chain, mode 0600, one file so that both are replaced together) and {@code ca.pem}. Blocking; one
 * process at a time.
 */
public final class CredentialStore {
  private static final String AGAIN = "; enroll again, or restore it from a backup";

  private final Path identityFile;
  private final Path caFile;
  private final Path directory;

  public CredentialStore(Path directory) {
    this.directory = directory;
    this.identityFile = directory.resolve("identity.pem");
    this.caFile = directory.resolve("ca.pem");
  }

  /** Who we are and whom we trust. */
  public record Stored(Credential credential, TrustBundle trust) {}

  /**
   * What is stored; empty if this directory was never enrolled.
   *
   * @throws IdentityException when it is there but cannot be used: open to others, damaged, key and
   *     certificate not matching. An expired certificate is loaded all the same
   */
  public Optional<Stored> load() throws IdentityException {
    if (!SecretFiles.exists(identityFile)) {
      return Optional.empty();
    }
    Credential credential = readCredential(SecretFiles.readPrivate(identityFile));
    String ca;
    try {
      ca = Files.exists(caFile) ? SecretFiles.read(caFile) : "";
    } catch (IOException e) {
      throw new IdentityException("cannot read " + caFile + "; check its owner and mode", e);
    }
    return Optional.of(
        new Stored(credential, TrustBundle.fromPem(credential.id().trustDomain(), ca)));
  }

  private Credential readCredential(String pem) throws IdentityException {
    @Nullable PrivateKey key = null;
    List<byte[]> chain = new ArrayList<>();
    for (Pem.Block block : Pem.read(identityFile.toString(), pem)) {
      switch (block.label()) {
        case Pem.PRIVATE_KEY -> key = readKey(block.der());
        case Pem.CERTIFICATE -> chain.add(block.der());
        default ->
            throw new IdentityException(identityFile + " holds an unexpected PEM block" + AGAIN);
      }
    }
    if (key == null || chain.isEmpty()) {
      throw new IdentityException(
          identityFile + " lacks its private key or its certificate" + AGAIN);
    }
    try {
      return Credential.of(key, chain);
    } catch (IdentityException e) {
      throw new IdentityException(identityFile + ": " + e.getMessage(), e);
    }
  }

  private PrivateKey readKey(byte[] der) throws IdentityException {
    try {
      return Certs.ecPrivateKey(der);
    } catch (GeneralSecurityException e) {
      // No cause: it may describe key bytes.
      throw new IdentityException(identityFile + " holds a damaged private key" + AGAIN);
    }
  }

  /** Stores both; each file is replaced whole, and survives a crash. */
  public void save(Credential credential, TrustBundle trust) throws IdentityException {
    SecretFiles.ensureDirectory(directory);
    // First the CA: a crash in between leaves the old identity with a bundle that holds its root.
    SecretFiles.replace(caFile, trust.pem());
    SecretFiles.replace(
        identityFile,
        Pem.write(Pem.PRIVATE_KEY, credential.privateKey().getEncoded())
            + Certs.pem(credential.chain()));
  }

  /** Forgets the identity, for example after the administrator removed it. */
  public void delete() throws IdentityException {
    try {
      Files.deleteIfExists(identityFile);
      Files.deleteIfExists(caFile);
    } catch (IOException e) {
      throw new IdentityException("cannot delete from " + directory + "; check its owner", e);
    }
  }
}

package org.postern.clientconnector.cli;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;
import org.postern.clientconnector.signin.DeviceSignIn;
import org.postern.identity.Credential;
import org.postern.identity.CredentialStore;
import org.postern.identity.IdentityException;
import org.postern.identity.TrustBundle;
import org.postern.tunnel.link.DialerConfig;

/** What {@code login} left on disk: identity, CA, and where the broker is. Blocking. */
final class DeviceHome {
  private static final String BROKER_FILE = "broker.properties";

  private final Path directory;
  private final FileRights rights;
  private final CredentialStore store;

  DeviceHome(Path directory, FileRights rights) {
    this.directory = directory;
    this.rights = rights;
    this.store = new CredentialStore(directory.resolve("identity"));
  }

  /** Everything that {@code up} needs. */
  record SignedIn(Credential credential, TrustBundle trust, DialerConfig.Target broker) {}

  Path directory() {
    return directory;
  }

  void save(DeviceSignIn.SignedIn signedIn) throws IdentityException, IOException {
    rights.call(() -> {
      write(signedIn);
      return directory;
    });
  }

  private void write(DeviceSignIn.SignedIn signedIn) throws IdentityException, IOException {
    Files.createDirectories(directory);
    store.save(signedIn.credential(), signedIn.trust());
    Properties broker = new Properties();
    broker.setProperty("host", signedIn.tunnelHost());
    broker.setProperty("port", Integer.toString(signedIn.tunnelPort()));
    broker.setProperty("user", signedIn.userName());
    Path fresh = Files.createTempFile(directory, BROKER_FILE, ".new");
    try (Writer writer = Files.newBufferedWriter(fresh, StandardCharsets.UTF_8)) {
      broker.store(writer, null);
    }
    Files.move(
        fresh,
        directory.resolve(BROKER_FILE),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  void saveRenewed(Credential credential, TrustBundle trust) throws IdentityException, IOException {
    rights.call(() -> {
      store.save(credential, trust);
      return directory;
    });
  }

  /** The key and certificate of an earlier sign-in, whatever has become of them. */
  Optional<CredentialStore.Stored> identity() throws IdentityException, IOException {
    return rights.call(store::load);
  }

  /** The certificate on disk, if it is another one than this. */
  Optional<Credential> changedSince(Credential used) throws IdentityException, IOException {
    return rights
        .call(store::load)
        .map(CredentialStore.Stored::credential)
        .filter(found -> !found.fingerprint().equals(used.fingerprint()));
  }

  Optional<SignedIn> load() throws IdentityException, IOException {
    return rights.call(this::read);
  }

  private Optional<SignedIn> read() throws IdentityException, IOException {
    Optional<CredentialStore.Stored> stored = store.load();
    Path file = directory.resolve(BROKER_FILE);
    if (stored.isEmpty() || !Files.exists(file)) {
      return Optional.empty();
    }
    Properties broker = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      broker.load(reader);
    }
    try {
      return Optional.of(
          new SignedIn(
              stored.get().credential(),
              stored.get().trust(),
              new DialerConfig.Target(
                  broker.getProperty("host", ""),
                  Integer.parseInt(broker.getProperty("port", "")))));
    } catch (NumberFormatException e) {
      throw new IOException(file + " is damaged (expected: host and port); run 'postern login'", e);
    }
  }
}

package org.postern.broker.bootstrap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.IdentityException;
import org.postern.identity.SealingKey;
import org.postern.identity.TrustDomain;
import org.postern.policystore.jdbc.CaStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sealing key and what it opens. */
final class Secrets {
  private static final Logger LOG = LoggerFactory.getLogger(Secrets.class);
  private static final String KEY_VARIABLE = "POSTERN_SEALING_KEY";
  private static final String AUTHORITY = "certificate-authority";
  private static final int SECRET_BYTES_MAX = 4_096;

  private final FoundationSettings settings;
  private final Path dataDir;

  Secrets(FoundationSettings settings, Path dataDir) {
    this.settings = settings;
    this.dataDir = dataDir;
  }

  /** From the environment, from the file it names, or from a file of our own made here. */
  SealingKey sealingKey() throws StartException {
    Map<String, String> environment = settings.environment();
    try {
      if (environment.containsKey(KEY_VARIABLE)) {
        return SealingKey.fromEnvironment(environment, KEY_VARIABLE);
      }
      String file = environment.get(KEY_VARIABLE + "_FILE");
      return file != null
          ? SealingKey.fromFile(Path.of(file))
          : SealingKey.loadOrCreate(dataDir.resolve("sealing.key"));
    } catch (IdentityException e) {
      throw new StartException("sealing key: " + e.getMessage(), e);
    }
  }

  /** The deployment's CA; of brokers that start a deployment at once, all get the same. */
  CertificateAuthority authority(DataSource database, SealingKey key, InstantSource clock)
      throws StartException {
    CaStore store = new CaStore(database, clock);
    byte[] sealed = store.load(AUTHORITY).orElse(null);
    if (sealed == null) {
      String name = settings.trustDomain().orElse(settings.trustDomainDefault());
      LOG.info("first start: making the certificate authority of trust domain {}", name);
      sealed = store.saveIfAbsent(AUTHORITY, create(name, clock).seal(key));
    }
    CertificateAuthority authority;
    try {
      authority = CertificateAuthority.open(key, sealed, clock);
    } catch (IdentityException e) {
      throw new StartException(
          "the certificate authority in the database cannot be opened: " + e.getMessage(), e);
    }
    String actual = authority.trustDomain().name();
    if (settings.trustDomain().isPresent() && !settings.trustDomain().get().equals(actual)) {
      throw new StartException(
          "this deployment's trust domain is %s, not %s; it cannot change: leave --trust-domain out"
              .formatted(actual, settings.trustDomain().get()));
    }
    return authority;
  }

  private static CertificateAuthority create(String trustDomain, InstantSource clock)
      throws StartException {
    try {
      return CertificateAuthority.create(new TrustDomain(trustDomain), clock);
    } catch (IllegalArgumentException e) {
      throw new StartException("--trust-domain: " + e.getMessage(), e);
    }
  }

  /** A secret from a variable, or from the file that the variable with {@code _FILE} names. */
  static Optional<String> fromEnvironment(Map<String, String> environment, String variable)
      throws StartException {
    String value = environment.get(variable);
    if (value != null) {
      return Optional.of(value);
    }
    String file = environment.get(variable + "_FILE");
    if (file == null) {
      return Optional.empty();
    }
    try {
      if (Files.size(Path.of(file)) > SECRET_BYTES_MAX) {
        throw new IOException("larger than " + SECRET_BYTES_MAX + " bytes");
      }
      return Optional.of(Files.readString(Path.of(file)).strip());
    } catch (IOException e) {
      throw new StartException(
          "%s_FILE names %s, which cannot be read: %s".formatted(variable, file, e.getMessage()),
          e);
    }
  }
}

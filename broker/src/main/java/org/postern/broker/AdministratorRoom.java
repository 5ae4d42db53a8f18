package org.postern.broker;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.postern.broker.administrators.AdministratorDoor;
import org.postern.broker.administrators.AdministratorLimits;
import org.postern.broker.administrators.AdministratorStores;
import org.postern.broker.administrators.FirstAdministrator;
import org.postern.broker.bootstrap.Foundation;
import org.postern.broker.bootstrap.StartException;
import org.postern.policystore.jdbc.AdministratorAttempts;
import org.postern.policystore.jdbc.AdministratorCredentials;
import org.postern.policystore.jdbc.AdministratorSessions;
import org.postern.policystore.jdbc.Administrators;
import org.postern.policystore.jdbc.ProviderAdministrators;
import org.postern.policystore.jdbc.SnapshotStore;

/** The administrators' sign-in of one broker, and the code of whoever is to be the first. */
final class AdministratorRoom {
  private static final AdministratorLimits LIMITS = AdministratorLimits.DEFAULT;

  private final AdministratorStores stores;
  private final FirstAdministrator first;
  private final Optional<FirstAdministrator.Code> code;
  private final SecureRandom random;
  private final InstantSource clock;

  private AdministratorRoom(
      AdministratorStores stores,
      FirstAdministrator first,
      Optional<FirstAdministrator.Code> code,
      SecureRandom random,
      InstantSource clock) {
    this.stores = stores;
    this.first = first;
    this.code = code;
    this.random = random;
    this.clock = clock;
  }

  static AdministratorRoom open(
      Foundation ground,
      Repositories stored,
      Path dataDir,
      SecureRandom random,
      InstantSource clock)
      throws StartException {
    DataSource source = ground.dataSource();
    AdministratorStores stores =
        new AdministratorStores(
            new Administrators(source, random, clock),
            new ProviderAdministrators(source, random, clock),
            new AdministratorCredentials(source, random, clock),
            new AdministratorSessions(source, random, clock, LIMITS.sessionIdle()),
            new AdministratorAttempts(source, clock, random, LIMITS.delays()),
            new Repositories.Sealer(ground.sealingKey()),
            stored.strangers());
    FirstAdministrator first =
        new FirstAdministrator(stores.accounts(), dataDir, LIMITS.firstCode(), random, clock);
    try {
      return new AdministratorRoom(stores, first, first.offer(ground.brokerId()), random, clock);
    } catch (IOException e) {
      throw new StartException(
          "cannot write the first administrator's code into %s: %s"
              .formatted(dataDir, e.getMessage()),
          e);
    }
  }

  /** What the first administrator needs; empty if there is one. */
  Optional<FirstAdministrator.Code> code() {
    return code;
  }

  AdministratorDoor door(URI publicUrl, SnapshotStore policy, LongSupplier nanoTime) {
    return new AdministratorDoor(
        stores,
        LIMITS,
        publicUrl,
        () -> policy.current().configuration().identityProviders(),
        random,
        clock,
        nanoTime,
        first::done);
  }
}

package org.postern.broker;

import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.postern.broker.front.Route;
import org.postern.broker.scim.ScimLimits;
import org.postern.broker.scim.ScimServer;
import org.postern.broker.scim.ScimStores;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.jdbc.ScimGroups;
import org.postern.policystore.jdbc.ScimSettings;
import org.postern.policystore.jdbc.ScimTokens;
import org.postern.policystore.jdbc.ScimUsers;
import org.postern.policystore.jdbc.SnapshotStore;

/** What identity providers tell this broker about their people, wired. */
final class ProvisioningRooms {
  /** How often {@link #work} is to be called. */
  static final Duration PAUSE = ScimLimits.DEFAULT.statusPause();

  private final ScimServer scim;

  private ProvisioningRooms(ScimServer scim) {
    this.scim = scim;
  }

  static ProvisioningRooms of(
      Repositories stored,
      SnapshotStore policy,
      URI publicUrl,
      String brokerId,
      InstantSource clock,
      LongSupplier nanoTime) {
    return new ProvisioningRooms(
        new ScimServer(
            stored.provisioning(),
            () -> providers(policy),
            new ScimServer.Place(publicUrl.toString(), brokerId, clock, stored.audit()),
            ScimLimits.DEFAULT,
            nanoTime));
  }

  static ScimStores stores(DataSource source, SecureRandom random, InstantSource clock) {
    return new ScimStores(
        new ScimTokens(source, random, clock),
        new ScimUsers(source, random, clock),
        new ScimGroups(source, random, clock),
        new ScimSettings(source));
  }

  private static Set<String> providers(SnapshotStore policy) {
    return policy.current().configuration().identityProviders().stream()
        .map(IdentityProvider::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  List<Route> routes() {
    return scim.routes();
  }

  /** What is to be done now and then. Blocks. */
  void work() {
    scim.writeStatus();
  }
}

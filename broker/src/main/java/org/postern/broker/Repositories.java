package org.postern.broker;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.postern.broker.admin.AdminParts;
import org.postern.broker.admin.AdministratorDesk;
import org.postern.broker.admin.Administrators;
import org.postern.broker.admin.BrokerFacts;
import org.postern.broker.admin.LiveFacts;
import org.postern.broker.admin.LiveFlows;
import org.postern.broker.admin.ProviderDesk;
import org.postern.broker.audit.StrangerLog;
import org.postern.broker.bootstrap.Foundation;
import org.postern.broker.enroll.Enrollment;
import org.postern.broker.scim.ScimStores;
import org.postern.broker.signals.SignalDesk;
import org.postern.broker.signals.SignalStores;
import org.postern.broker.signin.SignInLimits;
import org.postern.identity.IdentityException;
import org.postern.identity.SealingKey;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.jdbc.AdminRoles;
import org.postern.policystore.jdbc.AdminTokens;
import org.postern.policystore.jdbc.ApiClients;
import org.postern.policystore.jdbc.Approvals;
import org.postern.policystore.jdbc.AuditTrail;
import org.postern.policystore.jdbc.Brokers;
import org.postern.policystore.jdbc.ClientSecrets;
import org.postern.policystore.jdbc.ConfigurationHistory;
import org.postern.policystore.jdbc.Connectors;
import org.postern.policystore.jdbc.DecisionRecords;
import org.postern.policystore.jdbc.DeviceCodes;
import org.postern.policystore.jdbc.DeviceSources;
import org.postern.policystore.jdbc.Devices;
import org.postern.policystore.jdbc.IdempotentReplies;
import org.postern.policystore.jdbc.OnceOnly;
import org.postern.policystore.jdbc.PendingChanges;
import org.postern.policystore.jdbc.PolicyStore;
import org.postern.policystore.jdbc.PostureReports;
import org.postern.policystore.jdbc.ProviderNotes;
import org.postern.policystore.jdbc.ProvisioningKeys;
import org.postern.policystore.jdbc.RequestsToTell;
import org.postern.policystore.jdbc.Risks;
import org.postern.policystore.jdbc.RuleCountTable;
import org.postern.policystore.jdbc.ServiceKeys;
import org.postern.policystore.jdbc.Sessions;
import org.postern.policystore.jdbc.SignIns;
import org.postern.policystore.jdbc.SignOuts;
import org.postern.policystore.jdbc.SignalEvents;
import org.postern.policystore.jdbc.SignalStreams;
import org.postern.policystore.jdbc.SnapshotStore;
import org.postern.policystore.jdbc.Users;

/** The tables as this broker uses them. */
record Repositories(
    AuditTrail audit,
    StrangerLog strangers,
    PolicyStore policy,
    ConfigurationHistory history,
    ClientSecrets clientSecrets,
    Administrators administrators,
    Brokers brokers,
    Users users,
    Devices devices,
    Sessions sessions,
    SignIns signIns,
    SignOuts signOuts,
    DeviceCodes codes,
    ProviderNotes notes,
    OnceOnly once,
    ServiceKeys serviceKeys,
    Connectors connectors,
    ProvisioningKeys keys,
    ScimStores provisioning,
    SignalStores signals,
    PostureReports postures,
    DeviceSources sources,
    Approvals approvals,
    Risks risks,
    DecisionRecords decisions,
    RuleCountTable ruleCounts,
    RequestsToTell toTell) {

  static Repositories over(
      Foundation ground, SecureRandom random, InstantSource clock, LongSupplier nanoTime) {
    DataSource source = ground.dataSource();
    PolicyLimits limits = PolicyLimits.DEFAULT;
    SecretSealer sealer = new Sealer(ground.sealingKey());
    AuditTrail audit = new AuditTrail(source, sealer, random, clock);
    Users users = new Users(source, random, clock);
    Devices devices = new Devices(source, random, clock, limits.devicesPerUser());
    return new Repositories(
        audit,
        new StrangerLog(audit, StrangerLog.Limits.DEFAULT, nanoTime),
        new PolicyStore(source, sealer, clock, limits),
        new ConfigurationHistory(source),
        new ClientSecrets(source, sealer, System::getenv),
        new Administrators(
            new AdminTokens(source, random, clock),
            new AdminRoles(source, clock),
            new ApiClients(source, random, clock),
            new PendingChanges(source, random, clock),
            new IdempotentReplies(source, sealer, clock)),
        new Brokers(source, clock),
        users,
        devices,
        new Sessions(source, random, clock),
        new SignIns(source, clock, limits.signInsPending()),
        new SignOuts(source, clock),
        new DeviceCodes(source, clock, limits.deviceCodesPending()),
        new ProviderNotes(source, clock),
        new OnceOnly(source, clock),
        new ServiceKeys(source, sealer, random, clock),
        new Connectors(source, random, clock),
        new ProvisioningKeys(source, random, clock),
        ProvisioningRooms.stores(source, random, clock),
        new SignalStores(
            new SignalStreams(source, sealer, random, clock),
            new SignalEvents(source, audit, clock, SignInLimits.DEFAULT.clockSkew()),
            users,
            devices),
        new PostureReports(source),
        new DeviceSources(source),
        new Approvals(source, random, clock),
        new Risks(source, random, clock),
        new DecisionRecords(source, clock),
        new RuleCountTable(source),
        new RequestsToTell(source, clock));
  }

  Enrollment.Repositories enrollment() {
    return new Enrollment.Repositories(
        signIns, users, devices, sessions, connectors, keys, strangers);
  }

  /** Rooms that the admin API asks. */
  record Desks(ProviderDesk providers, SignalDesk signals, AdministratorDesk administrators) {}

  AdminParts adminParts(
      SnapshotStore snapshots,
      LiveFlows flows,
      LiveFacts liveFacts,
      Desks desks,
      BrokerFacts facts,
      InstantSource clock) {
    return new AdminParts(
        administrators,
        audit,
        strangers,
        policy,
        history,
        PolicyLimits.DEFAULT,
        snapshots,
        keys,
        users,
        devices,
        sessions,
        connectors,
        brokers,
        provisioning,
        desks.signals(),
        postures,
        approvals,
        risks,
        decisions,
        ruleCounts,
        flows,
        liveFacts,
        sources,
        desks.providers(),
        desks.administrators(),
        facts,
        clock);
  }

  /** The deployment's sealing key, in the shape that the policy store asks for. */
  record Sealer(SealingKey key) implements SecretSealer {
    @Override
    public byte[] seal(byte[] plain, String context) {
      return key.seal(context, plain);
    }

    @Override
    public byte[] open(byte[] sealed, String context) {
      try {
        return key.open(context, sealed);
      } catch (IdentityException e) {
        throw new IllegalStateException("sealed secret cannot be opened: " + e.getMessage(), e);
      }
    }
  }
}

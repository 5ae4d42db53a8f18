package org.postern.broker.admin;

import java.time.InstantSource;
import org.postern.broker.scim.ScimStores;
import org.postern.broker.signals.SignalDesk;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.analysis.FactSources;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.Approvals;
import org.postern.policystore.jdbc.AuditTrail;
import org.postern.policystore.jdbc.Brokers;
import org.postern.policystore.jdbc.ConfigurationHistory;
import org.postern.policystore.jdbc.Connectors;
import org.postern.policystore.jdbc.DecisionRecords;
import org.postern.policystore.jdbc.DeviceSources;
import org.postern.policystore.jdbc.Devices;
import org.postern.policystore.jdbc.PolicyStore;
import org.postern.policystore.jdbc.PostureReports;
import org.postern.policystore.jdbc.ProvisioningKeys;
import org.postern.policystore.jdbc.Risks;
import org.postern.policystore.jdbc.RuleCountTable;
import org.postern.policystore.jdbc.Sessions;
import org.postern.policystore.jdbc.SnapshotStore;
import org.postern.policystore.jdbc.Users;

/** What the admin API asks and changes. */
public record AdminParts(
    Administrators administrators,
    AuditTrail audit,
    AuditLog strangers,
    PolicyStore policy,
    ConfigurationHistory history,
    PolicyLimits policyLimits,
    SnapshotStore snapshots,
    ProvisioningKeys keys,
    Users users,
    Devices devices,
    Sessions sessions,
    Connectors connectors,
    Brokers brokers,
    ScimStores provisioning,
    SignalDesk signals,
    PostureReports postures,
    Approvals approvals,
    Risks risks,
    DecisionRecords decisions,
    RuleCountTable ruleCounts,
    LiveFlows flows,
    LiveFacts liveFacts,
    DeviceSources sources,
    ProviderDesk providers,
    AdministratorDesk desk,
    BrokerFacts facts,
    InstantSource clock) {

  /** Which facts somebody tells, at whatever broker. Blocking. */
  FactSources factSources() {
    return new FactSources(brokers.anyHasCountryFile(), risks.isUsed());
  }
}

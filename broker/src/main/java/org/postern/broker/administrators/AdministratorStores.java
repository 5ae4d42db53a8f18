package org.postern.broker.administrators;

import org.postern.policystore.SecretSealer;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.AdministratorAttempts;
import org.postern.policystore.jdbc.AdministratorCredentials;
import org.postern.policystore.jdbc.AdministratorSessions;
import org.postern.policystore.jdbc.Administrators;
import org.postern.policystore.jdbc.ProviderAdministrators;

/** What administrators' sign-in asks and changes. */
public record AdministratorStores(
    Administrators accounts,
    ProviderAdministrators ofProviders,
    AdministratorCredentials credentials,
    AdministratorSessions sessions,
    AdministratorAttempts attempts,
    SecretSealer sealer,
    AuditLog audit) {}

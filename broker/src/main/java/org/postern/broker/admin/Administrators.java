package org.postern.broker.admin;

import org.postern.policystore.jdbc.AdminRoles;
import org.postern.policystore.jdbc.AdminTokens;
import org.postern.policystore.jdbc.ApiClients;
import org.postern.policystore.jdbc.IdempotentReplies;
import org.postern.policystore.jdbc.PendingChanges;

/** Where it is kept who administers, and what waits for them. */
public record Administrators(
    AdminTokens tokens,
    AdminRoles roles,
    ApiClients clients,
    PendingChanges changes,
    IdempotentReplies replies) {}

package org.postern.broker.scim;

import org.postern.policystore.jdbc.ScimGroups;
import org.postern.policystore.jdbc.ScimSettings;
import org.postern.policystore.jdbc.ScimTokens;
import org.postern.policystore.jdbc.ScimUsers;

/** Where SCIM resources and what goes with them are kept. */
public record ScimStores(
    ScimTokens tokens, ScimUsers users, ScimGroups groups, ScimSettings settings) {}

package org.postern.broker.admin;

import org.postern.broker.signin.Providers;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.TestTickets;
import org.postern.policystore.jdbc.ProviderNotes;

/** What the admin API asks of sign-in. */
public record ProviderDesk(
    Providers providers, ServiceKeyRing keys, ProviderNotes notes, TestTickets tickets) {}

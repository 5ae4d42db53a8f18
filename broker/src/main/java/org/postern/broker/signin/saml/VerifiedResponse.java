package org.postern.broker.signin.saml;

import java.time.Instant;
import org.postern.broker.signin.Asserted;

/**
 * A response that was believed.
 *
 * @param inResponseTo the request that it answers; empty: nobody asked
 * @param assertionId may be shown once
 * @param until from when on it would be refused for its age
 */
record VerifiedResponse(
    Asserted asserted, String inResponseTo, String assertionId, Instant until) {}

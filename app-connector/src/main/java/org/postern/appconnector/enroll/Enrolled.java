package org.postern.appconnector.enroll;

import org.postern.identity.Credential;
import org.postern.identity.TrustBundle;

/**
 * What enrollment brought.
 *
 * @param credential key and certificate of this connector
 * @param trust the deployment's roots
 * @param tunnelHost where to dial from now on
 * @param tunnelPort of that host
 */
public record Enrolled(
    Credential credential, TrustBundle trust, String tunnelHost, int tunnelPort) {}

package org.postern.broker.signin.oidc;

import java.time.InstantSource;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInLimits;

/** What every OpenID Connect client of ours shares. */
record OidcSettings(Outbound outbound, SignInLimits limits, InstantSource clock) {}

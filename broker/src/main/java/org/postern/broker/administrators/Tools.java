package org.postern.broker.administrators;

import java.security.SecureRandom;
import java.time.InstantSource;

/** What the desks share. */
record Tools(
    AdministratorStores stores,
    AdministratorLimits limits,
    SealedState states,
    PublicPlace place,
    PasskeyDesk passkeys,
    BrowserSessions browsers,
    Journal journal,
    SecureRandom random,
    InstantSource clock) {}

package org.postern.broker.signin.saml;

import java.net.URI;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.SignInLimits;

/**
 * What every SAML provider of ours shares.
 *
 * @param publicUrl where browsers reach this broker
 */
record SamlSettings(
    URI publicUrl,
    Supplier<ServiceKeyRing.Keys> keys,
    Outbound outbound,
    SignInLimits signIn,
    SamlLimits saml,
    InstantSource clock) {}

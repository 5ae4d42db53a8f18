/**
 * Sign-in by SAML 2.0, as service provider; the only package that imports OpenSAML and XML
 * security. Start at {@link SamlDoor}; what is believed of a response is decided in {@link
 * ResponseCheck}.
 */
@NullMarked
package org.postern.broker.signin.saml;

import org.jspecify.annotations.NullMarked;

/** Sign-in by OpenID Connect; the only package that imports Nimbus. Start at {@link OidcDoor}. */
@NullMarked
package org.postern.broker.signin.oidc;

import org.jspecify.annotations.NullMarked;

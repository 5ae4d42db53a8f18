/** Sign-in by OpenID Connect; the only package that imports Nimbus. Start at {@link SignIn}. */
@NullMarked
package org.postern.broker.signin;

import org.jspecify.annotations.NullMarked;

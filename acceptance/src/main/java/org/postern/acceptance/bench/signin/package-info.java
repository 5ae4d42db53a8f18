/** Sign-ins of many people: through the broker, and at the identity provider alone. */
@NullMarked
package org.postern.acceptance.bench.signin;

import org.jspecify.annotations.NullMarked;

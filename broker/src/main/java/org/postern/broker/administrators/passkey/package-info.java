/** WebAuthn, as WebAuthn4J judges it; nobody else knows the library. */
@NullMarked
package org.postern.broker.administrators.passkey;

import org.jspecify.annotations.NullMarked;

/** Argon2id, as Bouncy Castle computes it; nobody else knows the library. */
@NullMarked
package org.postern.broker.administrators.password;

import org.jspecify.annotations.NullMarked;

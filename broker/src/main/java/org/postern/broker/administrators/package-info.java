/** How administrators come to be and sign in: one-time codes, passkeys, passwords, sessions. */
@NullMarked
package org.postern.broker.administrators;

import org.jspecify.annotations.NullMarked;

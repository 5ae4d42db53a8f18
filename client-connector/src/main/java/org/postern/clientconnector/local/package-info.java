/**
 * The seam between the user's programs and the tunnel: {@link
 * org.postern.clientconnector.local.Gateway} is what the local doors ask, {@link
 * org.postern.clientconnector.local.OwnedNames} is what they are told.
 *
 * <p>The doors themselves are the sub-packages: {@code intercept} (transparent mode on Linux, made
 * of {@code tun}, {@code dns}, {@code synthetic} and {@code resolver}), {@code socks} (SOCKS5 and
 * HTTP CONNECT on loopback) and {@code control} (the Unix socket of the command line).
 */
@NullMarked
package org.postern.clientconnector.local;

import org.jspecify.annotations.NullMarked;

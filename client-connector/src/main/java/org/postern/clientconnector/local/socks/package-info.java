/** SOCKS5 and HTTP CONNECT on loopback, for machines where nothing may be intercepted. */
@NullMarked
package org.postern.clientconnector.local.socks;

import org.jspecify.annotations.NullMarked;

/** Health on an injected clock, and probes of real sockets. */
@NullMarked
package org.postern.appconnector.health;

import org.jspecify.annotations.NullMarked;

/** A network namespace with a client connector's local doors in it, and a gateway that is none. */
@NullMarked
package org.postern.clientconnector.local.support;

import org.jspecify.annotations.NullMarked;

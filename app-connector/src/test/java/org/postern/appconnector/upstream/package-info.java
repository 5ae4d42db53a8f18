/** Dials against real sockets and a scripted name server. */
@NullMarked
package org.postern.appconnector.upstream;

import org.jspecify.annotations.NullMarked;

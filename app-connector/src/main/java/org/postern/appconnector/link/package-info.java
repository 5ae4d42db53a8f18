/**
 * The connector's side of the tunnel: one control link, parked carriers, lanes, and the flows that
 * grants let in. Start at {@link org.postern.appconnector.link.Connector}.
 */
@NullMarked
package org.postern.appconnector.link;

import org.jspecify.annotations.NullMarked;

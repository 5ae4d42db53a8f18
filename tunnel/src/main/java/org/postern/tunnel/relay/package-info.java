/**
 * The broker joins two carriers to one lane. Start at {@link org.postern.tunnel.relay.LaneRelay}.
 */
@NullMarked
package org.postern.tunnel.relay;

import org.jspecify.annotations.NullMarked;

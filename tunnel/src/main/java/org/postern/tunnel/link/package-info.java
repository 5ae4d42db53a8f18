/**
 * Authenticated connections between an end (device, app connector) and a broker. Start at {@link
 * org.postern.tunnel.link.BrokerDialer} for the end, at {@link org.postern.tunnel.link.TunnelDoor}
 * for the broker.
 */
@NullMarked
package org.postern.tunnel.link;

import org.jspecify.annotations.NullMarked;

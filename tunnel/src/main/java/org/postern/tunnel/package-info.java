/** The language that devices, connectors and brokers speak. Start at {@link TunnelProtocol}. */
@NullMarked
package org.postern.tunnel;

import org.jspecify.annotations.NullMarked;

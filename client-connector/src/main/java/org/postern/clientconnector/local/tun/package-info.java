/** The TUN device: opened through the FFM API, IP packets in and out, UDP flows, resets. */
@NullMarked
package org.postern.clientconnector.local.tun;

import org.jspecify.annotations.NullMarked;

/**
 * Lanes, and the flows on them, at the device and at the app connector. Start at {@link
 * org.postern.tunnel.lane.LaneDialer}.
 */
@NullMarked
package org.postern.tunnel.lane;

import org.jspecify.annotations.NullMarked;

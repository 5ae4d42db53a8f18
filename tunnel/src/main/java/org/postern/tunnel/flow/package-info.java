/**
 * Many flows over a few lanes, at one end: frames, windows, replay. Pure: no socket, no clock, no
 * randomness. Start at {@link org.postern.tunnel.flow.FlowMux}.
 */
@NullMarked
package org.postern.tunnel.flow;

import org.jspecify.annotations.NullMarked;

/**
 * The device's side of the tunnel: the control link, lanes to app connectors, and the flows that
 * local programs open. Start at {@link org.postern.clientconnector.link.DeviceTunnel}.
 */
@NullMarked
package org.postern.clientconnector.link;

import org.jspecify.annotations.NullMarked;

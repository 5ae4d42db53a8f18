/** The one port and its two doors: tunnel and HTTPS. Start at {@link OnePort}. */
@NullMarked
package org.postern.broker.front;

import org.jspecify.annotations.NullMarked;

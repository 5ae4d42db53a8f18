/** The machine's name resolution: pointed at us, and put back after any end. */
@NullMarked
package org.postern.clientconnector.local.resolver;

import org.jspecify.annotations.NullMarked;

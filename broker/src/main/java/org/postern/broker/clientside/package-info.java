/**
 * The devices' side: their control links, lanes and live flows. Start at {@link
 * org.postern.broker.clientside.ClientSide}.
 */
@NullMarked
package org.postern.broker.clientside;

import org.jspecify.annotations.NullMarked;

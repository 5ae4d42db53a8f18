/**
 * What identity providers signal about their people (OpenID SSF, CAEP, RISC): received, understood,
 * done. Start at {@link SignalDoor}.
 */
@NullMarked
package org.postern.broker.signals;

import org.jspecify.annotations.NullMarked;

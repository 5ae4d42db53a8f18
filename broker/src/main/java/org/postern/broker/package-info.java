/** The broker's process: its wiring and its command line. Start at {@link BrokerMain}. */
@NullMarked
package org.postern.broker;

import org.jspecify.annotations.NullMarked;

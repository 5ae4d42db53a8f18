/** The broker's process: its wiring and its command line. Start at {@code BrokerMain}. */
@NullMarked
package org.postern.broker;

import org.jspecify.annotations.NullMarked;

/** The command line of administrators, a client of the admin API. Start at {@code AdminCommand}. */
@NullMarked
package org.postern.broker.cli;

import org.jspecify.annotations.NullMarked;

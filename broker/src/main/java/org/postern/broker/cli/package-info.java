/** The command line of administrators, a client of the admin API. Start at {@link AdminCommand}. */
@NullMarked
package org.postern.broker.cli;

import org.jspecify.annotations.NullMarked;

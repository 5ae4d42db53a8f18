/** The commands of the person at the device. Start at {@link ClientCommand}. */
@NullMarked
package org.postern.clientconnector.cli;

import org.jspecify.annotations.NullMarked;

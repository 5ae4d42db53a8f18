/** The command line. Start at {@link org.postern.appconnector.cli.ConnectorCommand}. */
@NullMarked
package org.postern.appconnector.cli;

import org.jspecify.annotations.NullMarked;

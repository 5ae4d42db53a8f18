/** The Unix socket of the local command line, both ends. */
@NullMarked
package org.postern.clientconnector.local.control;

import org.jspecify.annotations.NullMarked;

/** The launcher against the command lines of the programs that it starts. */
@NullMarked
package org.postern.acceptance.launcher;

import org.jspecify.annotations.NullMarked;

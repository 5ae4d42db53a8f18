/** The command line as an operator meets it. */
@NullMarked
package org.postern.appconnector.cli;

import org.jspecify.annotations.NullMarked;

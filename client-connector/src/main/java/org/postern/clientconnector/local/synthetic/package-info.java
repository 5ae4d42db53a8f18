/** Which synthetic address stands for which name, across restarts. */
@NullMarked
package org.postern.clientconnector.local.synthetic;

import org.jspecify.annotations.NullMarked;

/** Programs that know nothing of us, on a device in one network, and servers in another. */
@NullMarked
package org.postern.acceptance.programs;

import org.jspecify.annotations.NullMarked;

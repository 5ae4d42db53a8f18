/** From a commit, made at one of a whole broker's doors, to the last byte of a thousand flows. */
@NullMarked
package org.postern.acceptance.bench.cutting;

import org.jspecify.annotations.NullMarked;

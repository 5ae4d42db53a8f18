/** What is pushed through a contender, and what takes it at the other end. */
@NullMarked
package org.postern.acceptance.bench.load;

import org.jspecify.annotations.NullMarked;

/** Benchmarks at the database's own door: people put there at once, and what a commit tells. */
@NullMarked
package org.postern.acceptance.bench.store;

import org.jspecify.annotations.NullMarked;

/**
 * The ground that tests and benchmarks stand on: namespaces as networks, programs as peers, a slow
 * link. Start at {@link NetworkNamespaces}.
 */
@NullMarked
package org.postern.acceptance.ground;

import org.jspecify.annotations.NullMarked;

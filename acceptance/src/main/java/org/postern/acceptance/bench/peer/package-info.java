/**
 * The peers: programs of others, configured from nothing into a temporary folder, ended with the
 * run.
 */
@NullMarked
package org.postern.acceptance.bench.peer;

import org.jspecify.annotations.NullMarked;

/** Postern itself, as its users start it: processes of the launcher. Start at {@link Cast}. */
@NullMarked
package org.postern.acceptance.bench.subject;

import org.jspecify.annotations.NullMarked;

/**
 * Speed and size, always beside a real peer in the same run. Start at {@link BenchMain}; what is
 * compared is a {@link Contender}.
 */
@NullMarked
package org.postern.acceptance.bench;

import org.jspecify.annotations.NullMarked;

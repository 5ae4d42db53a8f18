/**
 * From a granted name to a connected socket: the network's own resolver, the address check, the
 * dial. Start at {@link org.postern.appconnector.upstream.Upstream}.
 */
@NullMarked
package org.postern.appconnector.upstream;

import org.jspecify.annotations.NullMarked;

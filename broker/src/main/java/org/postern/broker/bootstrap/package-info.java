/** What must stand before the doors open: database, schema, CA. Start at {@link Foundation}. */
@NullMarked
package org.postern.broker.bootstrap;

import org.jspecify.annotations.NullMarked;

/** The administrators' API over HTTPS. Start at {@link AdminApi}. */
@NullMarked
package org.postern.broker.admin;

import org.jspecify.annotations.NullMarked;

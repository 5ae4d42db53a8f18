/** The administrators' API over HTTPS. Start at {@code AdminApi}. */
@NullMarked
package org.postern.broker.admin;

import org.jspecify.annotations.NullMarked;

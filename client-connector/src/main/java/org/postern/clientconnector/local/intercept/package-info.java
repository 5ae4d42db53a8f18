/**
 * Transparent mode on Linux, put together: device, DNS, redirection, resolver, and their removal.
 */
@NullMarked
package org.postern.clientconnector.local.intercept;

import org.jspecify.annotations.NullMarked;

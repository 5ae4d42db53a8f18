/** Settings and limits of an app connector. Start at {@code ConnectorLimits}. */
@NullMarked
package org.postern.appconnector.config;

import org.jspecify.annotations.NullMarked;

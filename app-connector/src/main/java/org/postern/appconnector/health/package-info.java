/**
 * Whether the applications can be reached from here: learned from probes and from the dials of real
 * flows. Start at {@link org.postern.appconnector.health.HealthWatch}.
 */
@NullMarked
package org.postern.appconnector.health;

import org.jspecify.annotations.NullMarked;

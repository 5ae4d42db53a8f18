/** How devices and connectors get and renew their certificates. Start at {@link Enrollment}. */
@NullMarked
package org.postern.broker.enroll;

import org.jspecify.annotations.NullMarked;

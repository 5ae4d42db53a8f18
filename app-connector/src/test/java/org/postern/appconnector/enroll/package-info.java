/** Enrollment against a hand-written HTTPS door with real certificates. */
@NullMarked
package org.postern.appconnector.enroll;

import org.jspecify.annotations.NullMarked;

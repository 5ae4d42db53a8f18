/**
 * A provisioning key becomes a certificate. Start at {@link
 * org.postern.appconnector.enroll.Enrollment}.
 */
@NullMarked
package org.postern.appconnector.enroll;

import org.jspecify.annotations.NullMarked;

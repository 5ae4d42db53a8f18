/**
 * Signs the user in and enrolls this device. Start at {@link
 * org.postern.clientconnector.signin.DeviceSignIn}.
 */
@NullMarked
package org.postern.clientconnector.signin;

import org.jspecify.annotations.NullMarked;

/** Signing in through real identity providers. */
@NullMarked
package org.postern.acceptance.signin;

import org.jspecify.annotations.NullMarked;

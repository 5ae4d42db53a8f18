/**
 * How people sign in, whatever their identity provider speaks: choice of the provider, the way
 * there and back, and what of its word counts. Start at {@link SignIn}.
 */
@NullMarked
package org.postern.broker.signin;

import org.jspecify.annotations.NullMarked;

/**
 * Users and groups as their identity provider keeps them (SCIM 2.0). Start at {@link
 * org.postern.broker.scim.ScimServer}. The only room that knows the SCIM library.
 */
@NullMarked
package org.postern.broker.scim;

import org.jspecify.annotations.NullMarked;

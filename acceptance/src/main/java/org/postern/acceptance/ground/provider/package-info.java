/** A real identity provider, its realms, and a person with a browser. */
@NullMarked
package org.postern.acceptance.ground.provider;

import org.jspecify.annotations.NullMarked;

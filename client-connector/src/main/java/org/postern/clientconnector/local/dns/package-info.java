/** The resolver that answers for our names and passes every other question on untouched. */
@NullMarked
package org.postern.clientconnector.local.dns;

import org.jspecify.annotations.NullMarked;

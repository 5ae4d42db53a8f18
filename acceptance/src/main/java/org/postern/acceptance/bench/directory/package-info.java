/** What an identity provider's SCIM client does to a broker, at the size of a large company. */
@NullMarked
package org.postern.acceptance.bench.directory;

import org.jspecify.annotations.NullMarked;

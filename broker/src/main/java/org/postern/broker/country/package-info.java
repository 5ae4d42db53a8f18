/**
 * The country of an address, by a file of the operator's. Start at {@link
 * org.postern.broker.country.CountryFile}.
 */
@NullMarked
package org.postern.broker.country;

import org.jspecify.annotations.NullMarked;

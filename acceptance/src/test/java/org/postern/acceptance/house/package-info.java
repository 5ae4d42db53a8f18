/** The rules of the house, held by tests: start at {@link BordersTest} and {@link TidyTest}. */
@NullMarked
package org.postern.acceptance.house;

import org.jspecify.annotations.NullMarked;

/// What a policy means as a whole, and what looks wrong with it. Start at [Lint].
@NullMarked
package org.postern.policystore.analysis;

import org.jspecify.annotations.NullMarked;

/// The one pure function that decides, over an immutable picture of the policy. Start at
/// [Snapshot].
@NullMarked
package org.postern.policystore.decision;

import org.jspecify.annotations.NullMarked;

/// What devices report of themselves, and what posture profiles make of it. Start at
/// [org.postern.policystore.posture.PostureEvaluation].
@NullMarked
package org.postern.policystore.posture;

import org.jspecify.annotations.NullMarked;

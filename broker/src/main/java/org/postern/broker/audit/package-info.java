/** What is kept of decisions. Start at {@link org.postern.broker.audit.DecisionRecorder}. */
@NullMarked
package org.postern.broker.audit;

import org.jspecify.annotations.NullMarked;

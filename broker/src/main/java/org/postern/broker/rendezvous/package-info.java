/**
 * The meeting point: which connectors are here, which device's lane goes to which of them. Start at
 * {@link org.postern.broker.rendezvous.Rendezvous}. Knows nothing of users or policy.
 */
@NullMarked
package org.postern.broker.rendezvous;

import org.jspecify.annotations.NullMarked;

/**
 * What a device may do, by the current policy. Start at {@link
 * org.postern.broker.access.FlowAccess}. The only room on the tunnel side that reads the policy
 * store.
 */
@NullMarked
package org.postern.broker.access;

import org.jspecify.annotations.NullMarked;

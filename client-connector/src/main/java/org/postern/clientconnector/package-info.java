/**
 * The client connector: the agent on a user's device. Start at {@link
 * org.postern.clientconnector.ClientMain}.
 */
@NullMarked
package org.postern.clientconnector;

import org.jspecify.annotations.NullMarked;

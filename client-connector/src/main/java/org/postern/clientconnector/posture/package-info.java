/**
 * What this device can say of its own state, read from the operating system and never guessed.
 * Start at {@link org.postern.clientconnector.posture.PostureAgent}.
 */
@NullMarked
package org.postern.clientconnector.posture;

import org.jspecify.annotations.NullMarked;

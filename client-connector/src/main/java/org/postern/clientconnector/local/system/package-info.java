/**
 * The commands of the operating system that the local doors drive ({@code ip}, {@code nft}, ...).
 */
@NullMarked
package org.postern.clientconnector.local.system;

import org.jspecify.annotations.NullMarked;

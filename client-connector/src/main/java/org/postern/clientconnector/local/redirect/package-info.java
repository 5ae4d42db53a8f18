/**
 * TCP to synthetic addresses: an nftables table of ours makes the kernel deliver it to one loopback
 * listener, which learns the original destination.
 */
@NullMarked
package org.postern.clientconnector.local.redirect;

import org.jspecify.annotations.NullMarked;

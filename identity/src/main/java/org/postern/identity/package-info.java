/**
 * Who is at the other end: certificates, their issue and renewal, TLS contexts. Start at {@link
 * org.postern.identity.VerifiedPeer} and {@link org.postern.identity.LiveTls}.
 */
@NullMarked
package org.postern.identity;

import org.jspecify.annotations.NullMarked;

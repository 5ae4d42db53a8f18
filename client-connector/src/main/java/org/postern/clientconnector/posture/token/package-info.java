/**
 * PKCS #11 tokens. Modules are foreign code that may hang or crash: only a short-lived process of
 * its own loads them ({@link org.postern.clientconnector.posture.token.TokenReader}).
 */
@NullMarked
package org.postern.clientconnector.posture.token;

import org.jspecify.annotations.NullMarked;

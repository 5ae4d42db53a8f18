/** The whole connector between a scripted broker, a real device end and real applications. */
@NullMarked
package org.postern.appconnector.link;

import org.jspecify.annotations.NullMarked;

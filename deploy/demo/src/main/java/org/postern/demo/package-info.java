/**
 * The whole product on one machine, in namespaces, with its proofs. Start at {@link DemoCommand}.
 */
@NullMarked
package org.postern.demo;

import org.jspecify.annotations.NullMarked;

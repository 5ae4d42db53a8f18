/// What is allowed: the words of the configuration as values. Start at [PolicyConfiguration].
@NullMarked
package org.postern.policystore;

import org.jspecify.annotations.NullMarked;

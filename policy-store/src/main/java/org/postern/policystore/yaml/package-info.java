/// Policy as code: YAML in, with every mistake named at once, and canonical YAML out. Start at
/// [PolicyParser].
@NullMarked
package org.postern.policystore.yaml;

import org.jspecify.annotations.NullMarked;

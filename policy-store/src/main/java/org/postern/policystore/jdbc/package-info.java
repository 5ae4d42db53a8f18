/// The tables, as small blocking repositories, and the store that keeps a snapshot of them current.
/// Start at [PolicyStore] and [SnapshotStore].
@NullMarked
package org.postern.policystore.jdbc;

import org.jspecify.annotations.NullMarked;

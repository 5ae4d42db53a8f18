/// What is written down of who did what. Start at [org.postern.policystore.audit.AuditLog].
@NullMarked
package org.postern.policystore.audit;

import org.jspecify.annotations.NullMarked;

/** The whole path of a byte in one process: device, broker, connector, application. */
@NullMarked
package org.postern.acceptance.path;

import org.jspecify.annotations.NullMarked;

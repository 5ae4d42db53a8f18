/**
 * The app connector: beside the applications, dials out only. Start at {@link
 * org.postern.appconnector.ConnectorMain}.
 */
@NullMarked
package org.postern.appconnector;

import org.jspecify.annotations.NullMarked;

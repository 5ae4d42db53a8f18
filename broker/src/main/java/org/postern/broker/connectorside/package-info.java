/**
 * The app connectors' side: their control links, parked carriers and health. Start at {@link
 * org.postern.broker.connectorside.ConnectorSide}.
 */
@NullMarked
package org.postern.broker.connectorside;

import org.jspecify.annotations.NullMarked;

package org.postern.appconnector.link;

import org.postern.appconnector.health.HealthWatch;

/**
 * What a connector is doing, at one moment.
 *
 * @param id its SPIFFE id
 * @param linked whether the control link is up
 * @param link the broker's id, or why there is no link
 * @param applications that it serves
 * @param devices with a lane here
 * @param lanes of all devices, those that grants wait for included
 * @param flows live ones
 * @param carriersParked waiting for lanes
 * @param bufferedBytes held for flows
 * @param health targets watched and down
 */
public record ConnectorStatus(
    String id,
    boolean linked,
    String link,
    int applications,
    int devices,
    int lanes,
    int flows,
    int carriersParked,
    long bufferedBytes,
    HealthWatch.Counts health) {}

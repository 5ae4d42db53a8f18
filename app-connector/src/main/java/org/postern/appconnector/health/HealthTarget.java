package org.postern.appconnector.health;

/**
 * One thing whose health is known: a host and TCP port of an application.
 *
 * @param applicationId of the serve plan
 * @param host a name or an address literal, as in the plan or in a grant
 * @param port 1 to 65535
 */
public record HealthTarget(String applicationId, String host, int port) {}

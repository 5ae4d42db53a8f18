package org.postern.appconnector.upstream;

/**
 * Addresses that an application may name although no application may by default. They come from a
 * grant's obligations, or for probes from the serve plan, and from nowhere else.
 *
 * @param loopback 127.0.0.0/8 and ::1
 * @param linkLocal 169.254.0.0/16, fe80::/10 and the cloud providers' metadata addresses
 */
public record AddressExceptions(boolean loopback, boolean linkLocal) {
  public static final AddressExceptions NONE = new AddressExceptions(false, false);
}

package org.postern.clientconnector.local.intercept;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.postern.clientconnector.local.Ipv6Address;

/** What the kernel says about IPv6 on this machine; blocks, as long as a file in /proc does. */
final class Ipv6Settings {

  private static final Path SETTINGS = Path.of("/proc/sys/net/ipv6/conf");

  /** One address a line: 32 digits, four numbers, the device's name. */
  private static final Path ADDRESSES = Path.of("/proc/net/if_inet6");

  private static final Ipv6Address LOOPBACK_ADDRESS = Ipv6Address.parse("::1");
  private static final String LOOPBACK = "lo";
  private static final String NEW_DEVICES = "default";

  private final String device;

  /** Settings as they concern this device, which may not be there yet. */
  Ipv6Settings(String device) {
    this.device = device;
  }

  /** Whether the kernel has IPv6 at all; the settings of its devices are there only then. */
  static boolean isInKernel() {
    return Files.isDirectory(SETTINGS);
  }

  /** Whether a device that is made now is made without IPv6. */
  static boolean newDevicesAreWithout() throws IOException {
    return isDisabled(NEW_DEVICES);
  }

  /** Why the device can have no twins; empty if nothing that is to be seen here forbids it. */
  String obstacle() throws IOException {
    if (!isInKernel()) {
      return "this kernel has no IPv6";
    }
    boolean made = Files.isDirectory(SETTINGS.resolve(device));
    for (String place : List.of(made ? device : NEW_DEVICES, LOOPBACK)) {
      if (isDisabled(place)) {
        String cause = place.equals(device) && isDisabled(NEW_DEVICES) ? NEW_DEVICES : place;
        return "disabled on this machine (net.ipv6.conf." + cause + ".disable_ipv6 is 1)";
      }
    }
    return has(LOOPBACK_ADDRESS, LOOPBACK) ? "" : "this machine's loopback has no ::1";
  }

  /** Whether the device has this address. */
  boolean hasAddress(Ipv6Address address) throws IOException {
    return has(address, device);
  }

  /** Lets the device have IPv6 addresses. */
  void enableOnDevice() throws IOException {
    if (isDisabled(device)) {
      Files.writeString(setting(device), "0");
    }
  }

  private static boolean isDisabled(String place) throws IOException {
    Path setting = setting(place);
    return Files.exists(setting) && Files.readString(setting).strip().equals("1");
  }

  private static Path setting(String place) {
    return SETTINGS.resolve(place).resolve("disable_ipv6");
  }

  private static boolean has(Ipv6Address address, String device) throws IOException {
    String digits = "%016x%016x ".formatted(address.high(), address.low());
    return Files.readAllLines(ADDRESSES).stream()
        .anyMatch(line -> line.startsWith(digits) && line.endsWith(" " + device));
  }
}

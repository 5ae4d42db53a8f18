package org.postern.broker.access;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ClientType;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Platform;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.Snapshot;

/**
 * What the broker itself knows of a linked device: that it is a client connector, the platform that
 * it enrolled with, and the address that it comes from. Everything else is a missing fact until
 * somebody reports it.
 */
final class DeviceFacts {
  private DeviceFacts() {}

  static Facts of(Snapshot snapshot, String deviceId, SocketAddress from) {
    DeviceRecord device = snapshot.identities().devices().get(deviceId);
    Platform platform = device == null ? null : Platform.ofDevice(device.platform()).orElse(null);
    return new Facts(ClientType.CLIENT, platform, Map.of(), source(from), null, null, null);
  }

  private static @Nullable AddressRange source(SocketAddress from) {
    return AddressRange.parse(address(from)).orElse(null);
  }

  /** The address in numbers, without a zone; empty: it has none. */
  static String address(SocketAddress from) {
    if (!(from instanceof InetSocketAddress inet) || inet.getAddress() == null) {
      return "";
    }
    String text = inet.getAddress().getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}

package org.postern.policystore;

import java.util.Locale;
import java.util.Optional;

/// The operating system of a device.
public enum Platform {
  /// Any Linux.
  LINUX,
  /// Microsoft Windows.
  WINDOWS,
  /// Apple macOS.
  MACOS,
  /// Apple iOS and iPadOS.
  IOS,
  /// Android.
  ANDROID,
  /// ChromeOS.
  CHROMEOS;

  /// Reads what a device says of itself, such as `linux-x86_64` or `macos`. Empty: the platform is
  /// not known.
  public static Optional<Platform> ofDevice(String said) {
    int end = 0;
    while (end < said.length() && Character.isLetter(said.charAt(end))) {
      end++;
    }
    return switch (said.substring(0, end).toLowerCase(Locale.ROOT)) {
      case "linux" -> Optional.of(LINUX);
      case "windows" -> Optional.of(WINDOWS);
      case "macos", "darwin", "mac" -> Optional.of(MACOS);
      case "ios", "ipados" -> Optional.of(IOS);
      case "android" -> Optional.of(ANDROID);
      case "chromeos" -> Optional.of(CHROMEOS);
      default -> Optional.empty();
    };
  }
}

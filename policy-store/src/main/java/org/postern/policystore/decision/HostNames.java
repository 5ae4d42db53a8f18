package org.postern.policystore.decision;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The one form in which host names are compared: ASCII lower case, no trailing dot.
final class HostNames {
  private static final int NAME_LENGTH_MAX = 253;
  private static final int LABEL_LENGTH_MAX = 63;

  private HostNames() {}

  /// The canonical form, which is the same object if it was canonical; null for what cannot be a
  /// name.
  static @Nullable String canonical(String host) {
    int length = host.length();
    if (length > 0 && host.charAt(length - 1) == '.') {
      length--;
    }
    if (length == 0 || length > NAME_LENGTH_MAX) {
      return null;
    }
    boolean upper = false;
    int label = 0;
    for (int i = 0; i < length; i++) {
      char c = host.charAt(i);
      if (c == '.') {
        if (label == 0) {
          return null;
        }
        label = 0;
      } else if (c <= ' ' || c >= 127 || ++label > LABEL_LENGTH_MAX) {
        return null;
      }
      upper |= 'A' <= c && c <= 'Z';
    }
    if (label == 0) {
      return null;
    }
    String name = length == host.length() ? host : host.substring(0, length);
    return upper ? name.toLowerCase(Locale.ROOT) : name;
  }
}

package org.postern.policystore;

/// Ports from low to high, both included, 1 to 65535.
public record PortRange(int low, int high) implements Comparable<PortRange> {
  /// The highest port there is.
  public static final int PORT_MAX = 65_535;

  /// Refuses an empty or impossible range.
  public PortRange {
    if (low < 1 || high > PORT_MAX || low > high) {
      throw new IllegalArgumentException(
          "port range " + low + "-" + high + " (expected: 1 <= low <= high <= 65535)");
    }
  }

  /// Whether the port lies inside.
  public boolean contains(int port) {
    return low <= port && port <= high;
  }

  /// Whether any port lies in both.
  public boolean overlaps(PortRange other) {
    return low <= other.high && other.low <= high;
  }

  @Override
  public int compareTo(PortRange other) {
    return low != other.low ? Integer.compare(low, other.low) : Integer.compare(high, other.high);
  }

  /// As in the configuration: `443` or `8000-8100`.
  @Override
  public String toString() {
    return low == high ? Integer.toString(low) : low + "-" + high;
  }
}

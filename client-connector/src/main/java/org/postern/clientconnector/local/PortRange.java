package org.postern.clientconnector.local;

/**
 * A range of ports, both ends included.
 *
 * @param low 1 to 65,535
 * @param high {@code low} to 65,535
 */
public record PortRange(int low, int high) {

  public PortRange {
    if (low < 1 || high > 65_535 || low > high) {
      throw new IllegalArgumentException(
          "port range: " + low + "-" + high + " (expected: 1 <= low <= high <= 65535)");
    }
  }

  /** Whether the port lies in the range. */
  public boolean contains(int port) {
    return port >= low && port <= high;
  }

  @Override
  public String toString() {
    return low == high ? Integer.toString(low) : low + "-" + high;
  }
}

package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/**
 * Names a lane: 16 random bytes, chosen by the device.
 *
 * @param high first eight bytes, big-endian
 * @param low last eight bytes
 */
public record LaneId(long high, long low) {
  /** Length on the wire. */
  public static final int BYTES = 16;

  /** A fresh one. */
  public static LaneId random(RandomGenerator random) {
    return new LaneId(random.nextLong(), random.nextLong());
  }

  /**
   * From a message's field.
   *
   * @throws IllegalArgumentException when it is not 16 bytes long
   */
  public static LaneId of(ByteString bytes) {
    if (bytes.size() != BYTES) {
      throw new IllegalArgumentException(
          "lane id of %d bytes (expected: %d)".formatted(bytes.size(), BYTES));
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new LaneId(buffer.getLong(), buffer.getLong());
  }

  /** For a message's field. */
  public ByteString toBytes() {
    return ByteString.copyFrom(ByteBuffer.allocate(BYTES).putLong(high).putLong(low).flip());
  }

  /** 32 hexadecimal digits. */
  @Override
  public String toString() {
    return "%016x%016x".formatted(high, low);
  }
}

package org.postern.tunnel.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.RawUnixChannelOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Bytes that a TCP socket received, as Linux counts them: {@code tcpi_bytes_received} of {@code
 * struct tcp_info} (linux/tcp.h), at offset 128. What is spliced never shows up in our process.
 */
final class KernelCount {
  private static final int IPPROTO_TCP = 6;
  private static final int TCP_INFO = 11;
  private static final int BYTES_RECEIVED_OFFSET = 128;
  private static final int LENGTH = BYTES_RECEIVED_OFFSET + Long.BYTES;
  private static final RawUnixChannelOption OPTION =
      new RawUnixChannelOption("TCP_INFO", IPPROTO_TCP, TCP_INFO, LENGTH);

  private final Channel channel;
  private final long before;
  private long last;

  /** Counts from now on. */
  KernelCount(Channel channel) {
    this.channel = channel;
    this.before = read();
  }

  /** Bytes since then; once the socket is closed, what was seen last. */
  long received() {
    last = Math.max(last, read() - before);
    return last;
  }

  private long read() {
    try {
      ByteBuffer info = channel.config().getOption(OPTION);
      return info == null ? 0 : info.order(ByteOrder.nativeOrder()).getLong(BYTES_RECEIVED_OFFSET);
    } catch (ChannelException e) {
      return 0;
    }
  }
}

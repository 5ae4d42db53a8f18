package org.postern.clientconnector.local.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A TUN device: IP packets, one per read, without a header of the driver's own. Opened on any
 * thread; read and written on the event loop that it is attached to, which wakes for it as for a
 * socket. The device disappears with the process.
 */
public final class TunDevice {

  /**
   * MTU of the device: the largest packet that IPv4 can express, so that nothing is fragmented
   * here. (The longest datagram over IPv6 is 20 bytes shorter than over IPv4.)
   */
  public static final int MTU = 65_535;

  private static final String CLONE_DEVICE = "/dev/net/tun";
  private static final int O_RDWR = 2;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final long TUNSETIFF = 0x400454caL;
  private static final short IFF_TUN = 1;
  private static final short IFF_NO_PI = 0x1000;
  private static final int IFREQ_LENGTH = 40;
  private static final int IFNAMSIZ = 16;
  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int EACCES = 13;
  private static final int EBUSY = 16;
  private static final int ENODEV = 19;
  private static final int NAMES_TRIED_MAX = 16;

  private final FileDescriptor descriptor;
  private final String name;
  private final ByteBuf packet = Unpooled.directBuffer(MTU, MTU);
  private @Nullable IoRegistration registration;
  private long writesDropped;
  private boolean closed;

  private TunDevice(FileDescriptor descriptor, String name) {
    this.descriptor = descriptor;
    this.name = name;
  }

  /**
   * Makes a device of this name, or with the next free number at its end.
   *
   * @param name ends in a digit
   * @throws IOException if the system or the privileges do not allow it; the message says which
   */
  public static TunDevice open(String name) throws IOException {
    String stem = name.substring(0, name.length() - 1);
    int first = name.charAt(name.length() - 1) - '0';
    for (int number = first; number < first + NAMES_TRIED_MAX; number++) {
      TunDevice device = openNamed(stem + number);
      if (device != null) {
        return device;
      }
    }
    throw new IOException(
        "no free device name from " + name + " on (expected: one of " + NAMES_TRIED_MAX + " free)");
  }

  private static @Nullable TunDevice openNamed(String name) throws IOException {
    LinuxCalls.Result opened = LinuxCalls.open(CLONE_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (opened.value() < 0) {
      throw new IOException(openFailure(opened.errno()));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(IFREQ_LENGTH);
      MemorySegment.copy(
          MemorySegment.ofArray(name.getBytes(StandardCharsets.US_ASCII)),
          0,
          request,
          0,
          name.length());
      request.set(ValueLayout.JAVA_SHORT_UNALIGNED, IFNAMSIZ, (short) (IFF_TUN | IFF_NO_PI));
      LinuxCalls.Result made = LinuxCalls.ioctl(opened.value(), TUNSETIFF, request);
      if (made.value() == 0) {
        return new TunDevice(new FileDescriptor(opened.value()), name);
      }
      LinuxCalls.close(opened.value());
      if (made.errno() == EBUSY) {
        return null;
      }
      throw new IOException(openFailure(made.errno()));
    }
  }

  private static String openFailure(int errno) {
    return switch (errno) {
      case EACCES ->
          CLONE_DEVICE
              + " may not be opened by this user (expected: root, or mode 0666 as udev gives it;"
              + " without it use the SOCKS5 or HTTP CONNECT address)";
      case EPERM ->
          "a TUN device needs the capability CAP_NET_ADMIN (run as root, or give it with setcap;"
              + " without it use the SOCKS5 or HTTP CONNECT address)";
      case ENOENT, ENODEV ->
          CLONE_DEVICE
              + " is missing (load the module with: modprobe tun; in a container pass the"
              + " device in)";
      default -> CLONE_DEVICE + " cannot be opened: errno " + errno;
    };
  }

  /** The device's name. */
  public String name() {
    return name;
  }

  /** Packets that the kernel did not take; a network drops, too. */
  public long writesDropped() {
    return writesDropped;
  }

  /**
   * Starts reading on the event loop.
   *
   * @param packetsPerWakeupMax packets in a row before other work of the loop gets its turn
   * @param receiver called with each packet; the buffer is the device's and is used again
   *     afterwards
   */
  public void attach(IoEventLoop loop, int packetsPerWakeupMax, Consumer<ByteBuf> receiver) {
    loop.register(new Reader(packetsPerWakeupMax, receiver))
        .addListener((Future<IoRegistration> done) -> {
          registration = done.getNow();
          done.getNow().submit(EpollIoOps.EPOLLIN);
        });
  }

  /**
   * Gives one packet to the kernel, as if it had arrived from the network.
   *
   * @param bytes a whole IPv4 or IPv6 packet in a direct buffer; released
   */
  public void write(ByteBuf bytes) {
    try {
      int length = bytes.readableBytes();
      ByteBuffer buffer = bytes.nioBuffer();
      int written = descriptor.write(buffer, buffer.position(), buffer.limit());
      if (written != length) {
        writesDropped++;
      }
    } catch (IOException e) {
      writesDropped++;
    } finally {
      bytes.release();
    }
  }

  /** Gives the device back; on the event loop if it is attached. */
  public void close() {
    if (registration != null) {
      registration.cancel();
    } else {
      closeDescriptor();
    }
  }

  private void closeDescriptor() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      descriptor.close();
    } catch (IOException e) {
      throw new UncheckedIOException("device " + name + " cannot be closed", e);
    } finally {
      packet.release();
    }
  }

  private final class Reader implements EpollIoHandle {
    private final int packetsPerWakeupMax;
    private final Consumer<ByteBuf> receiver;

    Reader(int packetsPerWakeupMax, Consumer<ByteBuf> receiver) {
      this.packetsPerWakeupMax = packetsPerWakeupMax;
      this.receiver = receiver;
    }

    @Override
    public FileDescriptor fd() {
      return descriptor;
    }

    @Override
    public void handle(IoRegistration ready, IoEvent event) {
      for (int i = 0; i < packetsPerWakeupMax && descriptor.isOpen(); i++) {
        int length;
        try {
          length = descriptor.readAddress(packet.memoryAddress(), 0, MTU);
        } catch (IOException e) {
          ready.cancel(); // the device was deleted under us
          return;
        }
        if (length <= 0) {
          return;
        }
        packet.setIndex(0, length);
        receiver.accept(packet);
      }
    }

    @Override
    public void unregistered() {
      closeDescriptor();
    }

    @Override
    public void close() {
      closeDescriptor();
    }
  }
}

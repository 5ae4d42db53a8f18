package org.postern.demo;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sees every packet on both of the broker's links (packet(7), AF_PACKET) and looks for texts in
 * what it has seen. Linux on little-endian machines.
 */
final class PacketWitness {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final int ETH_P_ALL_NETWORK_ORDER = 0x0300;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int RECEIVE_BUFFER = 64 << 20;
  private static final int FRAME_BYTES_MAX = 1 << 17;
  private static final int ADDRESS_BYTES = 20;
  private static final int KEPT_BYTES_MAX = 64 << 20;
  private static final long TIMEOUT_MICROS = 100_000;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SOCKET =
      handle("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SETSOCKOPT =
      handle(
          "setsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle RECVFROM =
      handle(
          "recvfrom",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final Map<String, Link> links = new TreeMap<>();
  private volatile boolean watching;
  private @Nullable Thread thread;

  private static final class Link {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long packets;
  }

  @SuppressWarnings("restricted") // the kernel is asked directly, by names that libc has
  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }

  Map<String, AgentAction> actions() {
    return Map.of("watch", with -> watch(), "witness", this::witness);
  }

  private Map<String, ?> watch() throws IOException {
    Map<Integer, Link> byIndex = new HashMap<>();
    links.clear();
    for (String name : List.of("to-user", "to-vpc")) {
      NetworkInterface found = NetworkInterface.getByName(name);
      if (found == null) {
        throw new IOException("there is no link " + name + " here");
      }
      Link link = new Link();
      links.put(name, link);
      byIndex.put(found.getIndex(), link);
    }
    int socket = open();
    watching = true;
    thread = Thread.ofPlatform().name("witness").daemon(true).start(() -> read(socket, byIndex));
    return Map.of();
  }

  private static int open() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int socket = (int) SOCKET.invokeExact(AF_PACKET, SOCK_RAW, ETH_P_ALL_NETWORK_ORDER);
      if (socket < 0) {
        throw new IOException("the kernel gives no packet socket (needs CAP_NET_RAW)");
      }
      MemorySegment time = arena.allocate(MemoryLayout.sequenceLayout(2, JAVA_LONG));
      time.setAtIndex(JAVA_LONG, 1, TIMEOUT_MICROS);
      MemorySegment size = arena.allocateFrom(JAVA_INT, RECEIVE_BUFFER);
      int timed = (int) SETSOCKOPT.invokeExact(socket, SOL_SOCKET, SO_RCVTIMEO, time, 16);
      int sized = (int) SETSOCKOPT.invokeExact(socket, SOL_SOCKET, SO_RCVBUFFORCE, size, 4);
      if (timed != 0) {
        throw new IOException("the packet socket takes no timeout");
      }
      if (sized != 0) {
        System.err.println("the packet socket keeps its small buffer");
      }
      return socket;
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException(e);
    }
  }

  private void read(int socket, Map<Integer, Link> byIndex) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = arena.allocate(FRAME_BYTES_MAX);
      MemorySegment from = arena.allocate(ADDRESS_BYTES, 8);
      MemorySegment length = arena.allocate(JAVA_INT);
      while (watching) {
        length.set(JAVA_INT, 0, ADDRESS_BYTES);
        long n =
            (long) RECVFROM.invokeExact(socket, frame, (long) FRAME_BYTES_MAX, 0, from, length);
        Link link = n > 0 ? byIndex.get(from.get(JAVA_INT, 4)) : null;
        if (link != null) {
          link.packets++;
          if (link.bytes.size() < KEPT_BYTES_MAX) {
            link.bytes.writeBytes(frame.asSlice(0, n).toArray(JAVA_BYTE));
          }
        }
      }
      int closed = (int) CLOSE.invokeExact(socket);
      assert closed == 0;
    } catch (Throwable e) {
      System.err.println("witness: " + e);
    }
  }

  /** Stops, and says on which links each text was seen. */
  private Map<String, ?> witness(JsonNode with) throws InterruptedException {
    watching = false;
    Thread running = thread;
    if (running != null) {
      running.join();
    }
    Map<String, Object> packets = new TreeMap<>();
    Map<String, String> seen = new HashMap<>();
    links.forEach((name, link) -> {
      packets.put(name, link.packets);
      seen.put(name, new String(link.bytes.toByteArray(), StandardCharsets.ISO_8859_1));
    });
    Map<String, List<String>> found = new TreeMap<>();
    for (JsonNode text : with.path("texts")) {
      List<String> where = new ArrayList<>();
      seen.forEach((name, all) -> {
        if (all.contains(text.asText())) {
          where.add(name);
        }
      });
      found.put(text.asText(), where);
    }
    return Map.of("packets", packets, "found", found);
  }
}

package org.postern.appconnector.upstream;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A name server on loopback UDP that says what the test wrote down. */
public final class FakeDns implements AutoCloseable {
  private static final int TYPE_A = 1;
  private static final int TYPE_CNAME = 5;
  private static final int TYPE_SOA = 6;
  private static final int TYPE_AAAA = 28;

  private final DatagramSocket socket;
  private final Map<String, Zone> zones = new ConcurrentHashMap<>();
  private final List<String> questions = new CopyOnWriteArrayList<>();

  /** What is known about one name. */
  private record Zone(List<Entry> entries, int rcode, boolean silent, boolean silentAaaa) {}

  private record Entry(int type, String value, int ttl) {}

  public FakeDns() throws SocketException {
    socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual().start(this::serve);
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  public SystemResolver asSystem() {
    return SystemResolver.of(List.of(address()));
  }

  /** Sets the addresses of a name; IPv6 ones are recognised by their colon. */
  public FakeDns with(String name, int ttl, String... addresses) {
    List<Entry> entries = new ArrayList<>();
    for (String address : addresses) {
      entries.add(new Entry(address.contains(":") ? TYPE_AAAA : TYPE_A, address, ttl));
    }
    zones.put(name, new Zone(entries, 0, false, false));
    return this;
  }

  public FakeDns withAlias(String name, String target) {
    zones.put(name, new Zone(List.of(new Entry(TYPE_CNAME, target, 60)), 0, false, false));
    return this;
  }

  public FakeDns withCode(String name, int rcode) {
    zones.put(name, new Zone(List.of(), rcode, false, false));
    return this;
  }

  public FakeDns silentAbout(String name) {
    zones.put(name, new Zone(List.of(), 0, true, true));
    return this;
  }

  public FakeDns silentAboutIpv6Of(String name) {
    zones.computeIfPresent(name, (key, zone) -> new Zone(zone.entries, zone.rcode, false, true));
    return this;
  }

  /** Questions asked so far, as {@code name/type number}. */
  public List<String> questions() {
    return questions;
  }

  @Override
  public void close() {
    socket.close();
  }

  private void serve() {
    byte[] buffer = new byte[1500];
    while (!socket.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
        if (answer.length > 0) {
          socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
        }
      } catch (IOException e) {
        return;
      }
    }
  }

  private byte[] answer(byte[] query) throws IOException {
    StringBuilder name = new StringBuilder();
    int at = 12;
    while (query[at] != 0) {
      int length = query[at];
      name.append(name.isEmpty() ? "" : ".")
          .append(new String(query, at + 1, length, StandardCharsets.US_ASCII));
      at += length + 1;
    }
    int type = ((query[at + 1] & 0xff) << 8) | (query[at + 2] & 0xff);
    questions.add(name + "/" + type);
    Zone zone = zones.getOrDefault(name.toString(), new Zone(List.of(), 3, false, false));
    if (zone.silent || (zone.silentAaaa && type == TYPE_AAAA)) {
      return new byte[0];
    }
    List<Entry> entries =
        zone.entries.stream().filter(e -> e.type == type || e.type == TYPE_CNAME).toList();
    boolean nothing = entries.isEmpty();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.write(query, 0, 2);
    out.writeShort(0x8180 | zone.rcode);
    out.writeShort(1);
    out.writeShort(entries.size());
    out.writeShort(nothing ? 1 : 0);
    out.writeShort(0);
    out.write(query, 12, at + 5 - 12);
    for (Entry entry : entries) {
      writeRecord(out, entry);
    }
    if (nothing) {
      out.writeShort(0xc00c);
      out.writeShort(TYPE_SOA);
      out.writeShort(1);
      out.writeInt(1);
      out.writeShort(22);
      out.writeShort(0);
      for (int i = 0; i < 5; i++) {
        out.writeInt(1);
      }
    }
    return bytes.toByteArray();
  }

  private static void writeRecord(DataOutputStream out, Entry entry) throws IOException {
    out.writeShort(0xc00c);
    out.writeShort(entry.type);
    out.writeShort(1);
    out.writeInt(entry.ttl);
    byte[] data =
        entry.type == TYPE_CNAME ? encoded(entry.value) : rawAddress(entry.type, entry.value);
    out.writeShort(data.length);
    out.write(data);
  }

  /** IPv4-mapped literals keep their 16 bytes here, unlike in InetAddress. */
  private static byte[] rawAddress(int type, String literal) throws IOException {
    byte[] address = InetAddress.getByName(literal).getAddress();
    if (type == TYPE_AAAA && address.length == 4) {
      byte[] mapped = new byte[16];
      mapped[10] = (byte) 0xff;
      mapped[11] = (byte) 0xff;
      System.arraycopy(address, 0, mapped, 12, 4);
      return mapped;
    }
    return address;
  }

  private static byte[] encoded(String name) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String label : name.split("\\.")) {
      out.write(label.length());
      out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    }
    out.write(0);
    return out.toByteArray();
  }
}

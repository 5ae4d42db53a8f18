package org.postern.acceptance.path;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a database of IPv4 networks in the MaxMind DB format 2.0 (maxmind.github.io/MaxMind-DB): a
 * binary tree with records of 24 bits, sixteen zero bytes, the data, a marker, the metadata.
 */
final class CountryDatabase {
  private static final int EMPTY = -1;
  private static final int SEPARATOR = 16;
  private static final int MAP = 7;
  private static final int TEXT = 2;
  private static final int UINT16 = 5;
  private static final int UINT32 = 6;
  private static final int UINT64 = 9;
  private static final int ARRAY = 11;
  private static final int FIRST_EXTENDED = 8;

  private final List<int[]> nodes = new ArrayList<>();
  private final Map<Integer, Integer> leaves = new LinkedHashMap<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  CountryDatabase() {
    nodes.add(new int[] {EMPTY, EMPTY});
  }

  /** A network, as in 127.0.0.0 and 8, and what is said of it. */
  CountryDatabase with(String network, int prefix, Map<String, ?> record) throws Exception {
    int at = data.size();
    write(data, record);
    byte[] address = InetAddress.getByName(network).getAddress();
    int node = 0;
    for (int bit = 0; bit < prefix; bit++) {
      int side = (address[bit / 8] >> (7 - bit % 8)) & 1;
      if (bit == prefix - 1) {
        leaves.put(node * 2 + side, at);
      } else {
        if (nodes.get(node)[side] == EMPTY) {
          nodes.get(node)[side] = nodes.size();
          nodes.add(new int[] {EMPTY, EMPTY});
        }
        node = nodes.get(node)[side];
      }
    }
    return this;
  }

  /** A network that is in a country. */
  CountryDatabase country(String network, int prefix, String code) throws Exception {
    return with(network, prefix, Map.of("country", Map.of("iso_code", code)));
  }

  byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int node = 0; node < nodes.size(); node++) {
      for (int side = 0; side < 2; side++) {
        Integer leaf = leaves.get(node * 2 + side);
        int next = nodes.get(node)[side];
        int record =
            leaf != null ? nodes.size() + SEPARATOR + leaf : next == EMPTY ? nodes.size() : next;
        out.write(record >> 16);
        out.write(record >> 8);
        out.write(record);
      }
    }
    out.writeBytes(new byte[SEPARATOR]);
    out.writeBytes(data.toByteArray());
    out.writeBytes(new byte[] {(byte) 0xab, (byte) 0xcd, (byte) 0xef});
    out.writeBytes("MaxMind.com".getBytes(StandardCharsets.US_ASCII));
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("binary_format_major_version", (short) 2);
    metadata.put("binary_format_minor_version", (short) 0);
    metadata.put("build_epoch", 1_700_000_000L);
    metadata.put("database_type", "Test-Country");
    metadata.put("description", Map.of("en", "test"));
    metadata.put("ip_version", (short) 4);
    metadata.put("languages", List.of("en"));
    metadata.put("node_count", nodes.size());
    metadata.put("record_size", (short) 24);
    write(out, metadata);
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        control(out, MAP, map.size());
        map.forEach((key, each) -> {
          write(out, key);
          write(out, each);
        });
      }
      case List<?> list -> {
        control(out, ARRAY, list.size());
        list.forEach(each -> write(out, each));
      }
      case String text -> {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        control(out, TEXT, bytes.length);
        out.writeBytes(bytes);
      }
      case Short number -> number(out, UINT16, number, 2);
      case Integer number -> number(out, UINT32, number, 4);
      case Long number -> number(out, UINT64, number, 8);
      default -> throw new IllegalArgumentException("no type for " + value);
    }
  }

  private static void number(ByteArrayOutputStream out, int type, long value, int size) {
    control(out, type, size);
    for (int i = size - 1; i >= 0; i--) {
      out.write((int) (value >> (8 * i)));
    }
  }

  /** Sizes up to 28 stand in the control byte itself; the texts here are short enough. */
  private static void control(ByteArrayOutputStream out, int type, int size) {
    if (size > 28) {
      throw new IllegalArgumentException("too long for this writer: " + size);
    }
    if (type >= FIRST_EXTENDED) {
      out.write(size);
      out.write(type - 7);
    } else {
      out.write(type << 5 | size);
    }
  }
}

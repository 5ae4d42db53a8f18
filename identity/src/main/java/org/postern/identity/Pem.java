package org.postern.identity;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** PEM text (RFC 7468), the strict form: one label, base64 lines, no headers. */
final class Pem {
  static final String CERTIFICATE = "CERTIFICATE";
  static final String PRIVATE_KEY = "PRIVATE KEY";
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";

  /** One block. */
  static final class Block {
    private final String label;
    private final byte[] der;

    Block(String label, byte[] der) {
      this.label = label;
      this.der = der;
    }

    String label() {
      return label;
    }

    byte[] der() {
      return der;
    }
  }

  private Pem() {}

  static String write(String label, byte[] der) {
    Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
    String body = new String(lines.encode(der), StandardCharsets.US_ASCII);
    return BEGIN + label + DASHES + "\n" + body + "\n" + END + label + DASHES + "\n";
  }

  static List<Block> read(String what, String text) throws IdentityException {
    if (text.length() > IdentityLimits.MAX_PEM_BYTES) {
      throw new IdentityException(
          what + " has more than " + IdentityLimits.MAX_PEM_BYTES + " bytes; expected a PEM file");
    }
    List<Block> blocks = new ArrayList<>();
    int at = text.indexOf(BEGIN);
    while (at >= 0) {
      int labelEnd = text.indexOf(DASHES, at + BEGIN.length());
      String label = labelEnd < 0 ? "" : text.substring(at + BEGIN.length(), labelEnd);
      int end = labelEnd < 0 ? -1 : text.indexOf(END + label + DASHES, labelEnd);
      if (end < 0) {
        throw new IdentityException(what + " has a PEM block without its END line; is it cut off?");
      }
      String body = text.substring(labelEnd + DASHES.length(), end).replaceAll("\\s", "");
      try {
        blocks.add(new Block(label, Base64.getDecoder().decode(body)));
      } catch (IllegalArgumentException e) {
        throw new IdentityException(what + " has a PEM block that is not base64", e);
      }
      at = text.indexOf(BEGIN, end);
    }
    return blocks;
  }
}

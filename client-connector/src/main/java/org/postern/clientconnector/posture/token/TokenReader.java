package org.postern.clientconnector.posture.token;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The program that loads one PKCS #11 module, looks for certificates and ends. On its standard
 * input: the module, the PIN's file (or nothing), then one label a line; on its standard output,
 * one line each in their order: {@code postern-key yes|no|unknown WHY}, and {@code postern-key
 * refused} if the token did not take the PIN.
 */
final class TokenReader {
  static final String MARK = "postern-key ";
  static final String REFUSED = "refused";

  private static final int INPUT_MAX = 256 << 10;

  private final Cryptoki cryptoki;
  private final String pinFile;
  private final PrintStream out;
  private final SecureRandom random = new SecureRandom();

  private TokenReader(Cryptoki cryptoki, String pinFile, PrintStream out) {
    this.cryptoki = cryptoki;
    this.pinFile = pinFile;
    this.out = out;
  }

  /** What is known, and why. */
  private enum Answer {
    YES,
    NO,
    UNKNOWN
  }

  private record Judged(Answer answer, String why) {}

  static void main() throws IOException {
    String input = new String(System.in.readNBytes(INPUT_MAX), StandardCharsets.UTF_8);
    List<String> lines = input.lines().toList();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    List<String> labels = lines.subList(2, lines.size());
    try {
      Cryptoki cryptoki = Cryptoki.load(TokenFiles.module(lines.getFirst()));
      TokenReader reader = new TokenReader(cryptoki, lines.get(1), out);
      for (String label : labels) {
        reader.say(reader.judge(label));
      }
      cryptoki.end();
    } catch (TokenException e) {
      for (int i = 0; i < labels.size(); i++) {
        // The module may have written half a line of its own.
        out.println("\n" + MARK + "unknown " + lines.getFirst() + ": " + e.why());
      }
    }
  }

  private void say(Judged judged) {
    String answer = judged.answer().name().toLowerCase(java.util.Locale.ROOT);
    out.println("\n" + MARK + answer + " " + judged.why());
  }

  /** The best that any token says of it. */
  private Judged judge(String label) throws TokenException {
    Judged best = new Judged(Answer.NO, "no token has a certificate of that label");
    for (long slot : cryptoki.slots()) {
      Judged judged;
      try {
        judged = judge(slot, label.getBytes(StandardCharsets.UTF_8));
      } catch (TokenException e) {
        judged = new Judged(Answer.UNKNOWN, e.why());
      }
      if (judged.answer() == Answer.YES) {
        return judged;
      }
      if (best.answer() == Answer.NO && !judged.why().isEmpty()) {
        best = judged;
      }
    }
    return best;
  }

  private Judged judge(long slot, byte[] label) throws TokenException {
    if ((cryptoki.flags(slot) & Cryptoki.INITIALIZED) == 0) {
      return new Judged(Answer.NO, "");
    }
    long session = cryptoki.open(slot);
    long[] certificates =
        cryptoki.find(session, Cryptoki.CERTIFICATE, Map.entry(Cryptoki.LABEL, label));
    if (certificates.length == 0) {
      return new Judged(Answer.NO, "");
    }
    if ((cryptoki.flags(slot) & Cryptoki.LOGIN_REQUIRED) != 0) {
      login(slot, session);
    }
    Judged best = new Judged(Answer.NO, "the token has no private key of the certificate");
    for (long certificate : certificates) {
      Optional<byte[]> id = cryptoki.attribute(session, certificate, Cryptoki.ID);
      Optional<byte[]> der = cryptoki.attribute(session, certificate, Cryptoki.VALUE);
      if (id.filter(value -> value.length > 0).isEmpty() || der.isEmpty()) {
        continue;
      }
      for (long key :
          cryptoki.find(session, Cryptoki.PRIVATE_KEY, Map.entry(Cryptoki.ID, id.get()))) {
        best = judge(session, key, der.get());
        if (best.answer() == Answer.YES) {
          return best;
        }
      }
    }
    return best;
  }

  private Judged judge(long session, long key, byte[] certificate) throws TokenException {
    boolean kept =
        cryptoki.flag(session, key, Cryptoki.SENSITIVE).orElse(false)
            && !cryptoki.flag(session, key, Cryptoki.EXTRACTABLE).orElse(true)
            && cryptoki.flag(session, key, Cryptoki.NEVER_EXTRACTABLE).orElse(false);
    if (!kept) {
      return new Judged(Answer.NO, "the key can leave its token, or could before");
    }
    Possession possession = Possession.of(certificate, random);
    cryptoki.signInit(session, key, possession.mechanism());
    if (cryptoki.flag(session, key, Cryptoki.ALWAYS_AUTHENTICATE).orElse(false)) {
      cryptoki.login(session, Cryptoki.CONTEXT_SPECIFIC, TokenFiles.pin(requiredPin()));
    }
    return possession.isProvenBy(cryptoki.sign(session, possession.input()))
        ? new Judged(Answer.YES, "")
        : new Judged(Answer.NO, "the key on the token is not the certificate's");
  }

  private String requiredPin() throws TokenException {
    if (pinFile.isEmpty()) {
      throw new TokenException(
          "the token asks for a PIN; name a file that holds it: postern up --pkcs11-pin-file FILE");
    }
    return pinFile;
  }

  /** A PIN that is not the right one locks the token after a few times. */
  private void login(long slot, long session) throws TokenException {
    String file = requiredPin();
    if (file.equals(REFUSED)) {
      throw new TokenException(
          "the token did not take the PIN; it is tried again when its file changes");
    }
    if ((cryptoki.flags(slot) & Cryptoki.PIN_COUNT_LOW) != 0) {
      throw new TokenException("a wrong PIN was tried before; it is not tried again by itself");
    }
    try {
      cryptoki.login(session, Cryptoki.USER, TokenFiles.pin(file));
    } catch (TokenException e) {
      if (e.code() == Cryptoki.PIN_INCORRECT
          || e.code() == Cryptoki.PIN_INVALID
          || e.code() == Cryptoki.PIN_LEN_RANGE
          || e.code() == Cryptoki.PIN_LOCKED) {
        out.println("\n" + MARK + REFUSED);
        throw new TokenException("the token did not take the PIN");
      }
      throw e;
    }
  }
}

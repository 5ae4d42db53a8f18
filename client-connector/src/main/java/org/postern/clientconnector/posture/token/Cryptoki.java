package org.postern.clientconnector.posture.token;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * The functions of a PKCS #11 2.40 module that looking for keys takes, through the FFM API, as
 * 64-bit Linux lays its structures out. Memory is given back when the process ends. Confined to one
 * thread.
 */
final class Cryptoki {
  static final long CERTIFICATE = 1;
  static final long PRIVATE_KEY = 3;

  static final long CLASS = 0x0;
  static final long LABEL = 0x3;
  static final long VALUE = 0x11;
  static final long ID = 0x102;
  static final long SENSITIVE = 0x103;
  static final long EXTRACTABLE = 0x162;
  static final long NEVER_EXTRACTABLE = 0x164;
  static final long ALWAYS_AUTHENTICATE = 0x202;

  static final long RSA_PKCS = 0x1;
  static final long ECDSA = 0x1041;

  static final long USER = 1;
  static final long CONTEXT_SPECIFIC = 2;

  static final long LOGIN_REQUIRED = 0x4;
  static final long INITIALIZED = 0x400;
  static final long PIN_COUNT_LOW = 0x10000 | 0x20000 | 0x40000;

  static final long PIN_INCORRECT = 0xa0;
  static final long PIN_INVALID = 0xa1;
  static final long PIN_LEN_RANGE = 0xa2;
  static final long PIN_LOCKED = 0xa4;

  private static final long ALREADY_LOGGED_IN = 0x100;
  private static final long SERIAL_SESSION = 4;
  private static final long UNAVAILABLE = -1;
  private static final int SLOTS_MAX = 64;
  private static final int OBJECTS_MAX = 64;
  private static final int VALUE_MAX = 64 << 10;
  private static final int SIGNATURE_MAX = 1_024;
  private static final int TOKEN_INFO_BYTES = 256;
  private static final long TOKEN_FLAGS_AT = 96;
  private static final long WORD = JAVA_LONG.byteSize();

  private static final Linker LINKER = Linker.nativeLinker();

  /** Places in CK_FUNCTION_LIST, behind its version. */
  private enum Function {
    C_INITIALIZE(0),
    C_FINALIZE(1),
    C_GET_SLOT_LIST(4),
    C_GET_TOKEN_INFO(6),
    C_OPEN_SESSION(12),
    C_LOGIN(18),
    C_GET_ATTRIBUTE_VALUE(24),
    C_FIND_OBJECTS_INIT(26),
    C_FIND_OBJECTS(27),
    C_FIND_OBJECTS_FINAL(28),
    C_SIGN_INIT(42),
    C_SIGN(43);

    private final int place;

    Function(int place) {
      this.place = place;
    }
  }

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment functions;

  private Cryptoki(MemorySegment functions) {
    this.functions = functions;
  }

  /** Loads a module and starts it. */
  @SuppressWarnings("restricted") // calling C is the point of this class
  static Cryptoki load(Path module) throws TokenException {
    MemorySegment list;
    try {
      MemorySegment entry =
          SymbolLookup.libraryLookup(module, Arena.global())
              .find("C_GetFunctionList")
              .orElseThrow(() -> new TokenException("it is no PKCS #11 module"));
      MemorySegment out = Arena.global().allocate(ADDRESS);
      long code =
          (long)
              LINKER
                  .downcallHandle(entry, FunctionDescriptor.of(JAVA_LONG, ADDRESS))
                  .invokeExact(out);
      if (code != 0) {
        throw new TokenException("C_GetFunctionList", code);
      }
      list = out.get(ADDRESS, 0).reinterpret(WORD * (Function.C_SIGN.place + 2));
    } catch (TokenException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new TokenException("it cannot be loaded");
    } catch (Throwable e) {
      throw new AssertionError("C_GetFunctionList cannot be called", e);
    }
    Cryptoki cryptoki = new Cryptoki(list);
    cryptoki.check(Function.C_INITIALIZE, MemorySegment.NULL);
    return cryptoki;
  }

  @SuppressWarnings("restricted") // calling C is the point of this class
  private long call(Function function, Object... arguments) throws TokenException {
    MemorySegment address = functions.get(ADDRESS, WORD * (function.place + 1));
    if (address.equals(MemorySegment.NULL)) {
      throw new TokenException("the module lacks " + function);
    }
    MemoryLayout[] layouts =
        Arrays.stream(arguments).map(Cryptoki::layout).toArray(MemoryLayout[]::new);
    try {
      return (long)
          LINKER
              .downcallHandle(address, FunctionDescriptor.of(JAVA_LONG, layouts))
              .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new AssertionError(function + " cannot be called", e);
    }
  }

  private static MemoryLayout layout(Object argument) {
    return switch (argument) {
      case MemorySegment segment -> ADDRESS;
      case Byte flag -> JAVA_BYTE;
      default -> JAVA_LONG;
    };
  }

  private void check(Function function, Object... arguments) throws TokenException {
    long code = call(function, arguments);
    if (code != 0) {
      throw new TokenException(function.toString(), code);
    }
  }

  /** Slots that have a token in them. */
  long[] slots() throws TokenException {
    MemorySegment count = arena.allocateFrom(JAVA_LONG, SLOTS_MAX);
    MemorySegment slots = arena.allocate(JAVA_LONG, SLOTS_MAX);
    check(Function.C_GET_SLOT_LIST, (byte) 1, slots, count);
    return slots
        .asSlice(0, WORD * Math.clamp(count.get(JAVA_LONG, 0), 0, SLOTS_MAX))
        .toArray(JAVA_LONG);
  }

  /** The token's flags (CKF_...). */
  long flags(long slot) throws TokenException {
    MemorySegment info = arena.allocate(TOKEN_INFO_BYTES, WORD);
    check(Function.C_GET_TOKEN_INFO, slot, info);
    return info.get(JAVA_LONG, TOKEN_FLAGS_AT);
  }

  /** A session that reads. */
  long open(long slot) throws TokenException {
    MemorySegment session = arena.allocate(JAVA_LONG);
    check(
        Function.C_OPEN_SESSION,
        slot,
        SERIAL_SESSION,
        MemorySegment.NULL,
        MemorySegment.NULL,
        session);
    return session.get(JAVA_LONG, 0);
  }

  void login(long session, long user, byte[] pin) throws TokenException {
    long code = call(Function.C_LOGIN, session, user, bytes(pin), (long) pin.length);
    if (code != 0 && code != ALREADY_LOGGED_IN) {
      throw new TokenException(Function.C_LOGIN.toString(), code);
    }
  }

  /** Objects of a class with such an attribute, at most 64. */
  long[] find(long session, long objectClass, Map.Entry<Long, byte[]> having)
      throws TokenException {
    MemorySegment template = arena.allocate(JAVA_LONG, 6);
    attribute(template, 0, CLASS, arena.allocateFrom(JAVA_LONG, objectClass), WORD);
    byte[] value = having.getValue();
    attribute(template, 3, having.getKey(), bytes(value), value.length);
    check(Function.C_FIND_OBJECTS_INIT, session, template, 2L);
    MemorySegment found = arena.allocate(JAVA_LONG, OBJECTS_MAX);
    MemorySegment count = arena.allocate(JAVA_LONG);
    check(Function.C_FIND_OBJECTS, session, found, (long) OBJECTS_MAX, count);
    check(Function.C_FIND_OBJECTS_FINAL, session);
    return found
        .asSlice(0, WORD * Math.clamp(count.get(JAVA_LONG, 0), 0, OBJECTS_MAX))
        .toArray(JAVA_LONG);
  }

  private static void attribute(
      MemorySegment template, int at, long type, MemorySegment value, long length) {
    template.setAtIndex(JAVA_LONG, at, type);
    template.setAtIndex(JAVA_LONG, at + 1, value.address());
    template.setAtIndex(JAVA_LONG, at + 2, length);
  }

  /** An attribute, if the token says it. */
  Optional<byte[]> attribute(long session, long object, long type) throws TokenException {
    MemorySegment template = arena.allocate(JAVA_LONG, 3);
    MemorySegment value = arena.allocate(VALUE_MAX, WORD);
    attribute(template, 0, type, value, VALUE_MAX);
    long code = call(Function.C_GET_ATTRIBUTE_VALUE, session, object, template, 1L);
    long length = template.getAtIndex(JAVA_LONG, 2);
    return code != 0 || length == UNAVAILABLE || length < 0 || length > VALUE_MAX
        ? Optional.empty()
        : Optional.of(value.asSlice(0, length).toArray(JAVA_BYTE));
  }

  /** A truth, if the token says it. */
  Optional<Boolean> flag(long session, long object, long type) throws TokenException {
    return attribute(session, object, type)
        .filter(value -> value.length == 1)
        .map(value -> value[0] != 0);
  }

  void signInit(long session, long key, long mechanism) throws TokenException {
    MemorySegment how = arena.allocate(JAVA_LONG, 3);
    how.setAtIndex(JAVA_LONG, 0, mechanism);
    check(Function.C_SIGN_INIT, session, how, key);
  }

  byte[] sign(long session, byte[] data) throws TokenException {
    MemorySegment signature = arena.allocate(SIGNATURE_MAX, WORD);
    MemorySegment length = arena.allocateFrom(JAVA_LONG, SIGNATURE_MAX);
    check(Function.C_SIGN, session, bytes(data), (long) data.length, signature, length);
    return signature
        .asSlice(0, Math.clamp(length.get(JAVA_LONG, 0), 0, SIGNATURE_MAX))
        .toArray(JAVA_BYTE);
  }

  void end() throws TokenException {
    check(Function.C_FINALIZE, MemorySegment.NULL);
  }

  private MemorySegment bytes(byte[] value) {
    return value.length == 0 ? MemorySegment.NULL : arena.allocateFrom(JAVA_BYTE, value);
  }
}

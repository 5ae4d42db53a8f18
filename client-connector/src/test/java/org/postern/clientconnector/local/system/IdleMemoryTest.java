package org.postern.clientconnector.local.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class IdleMemoryTest {
  private static final Pattern CODE =
      Pattern.compile(
          "(?m)^([0-9a-f]+)-([0-9a-f]+) r-xp .*/libjvm\\.so\\n"
              + "(?:[A-Z].*\\n)*?Rss: +(\\d+) kB$");

  private static MatchResult code() throws Exception {
    Matcher code =
        CODE.matcher(Files.readString(Path.of("/proc/self/smaps"), StandardCharsets.ISO_8859_1));
    assertThat(code.find()).isTrue();
    return code.toMatchResult();
  }

  private static long residentCodeKib() throws Exception {
    return Long.parseLong(code().group(3));
  }

  /** As if the start had read all of it, whatever ran in this virtual machine before. */
  @SuppressWarnings("restricted") // what was mapped by the virtual machine itself
  private static void readAllCode() throws Exception {
    long from = Long.parseUnsignedLong(code().group(1), 16);
    long length = Long.parseUnsignedLong(code().group(2), 16) - from;
    MemorySegment pages = MemorySegment.ofAddress(from).reinterpret(length);
    int sum = 0;
    for (long at = 0; at < length; at += 4096) {
      sum += pages.get(ValueLayout.JAVA_BYTE, at);
    }
    assertThat(sum).isNotZero();
  }

  @Test
  void pagesThatOnlyTheStartReadLeaveAndTheMachineRunsOn() throws Exception {
    readAllCode();
    long before = residentCodeKib();
    assertThat(IdleMemory.releasePages()).isGreaterThan(before * 1024);
    assertThat(residentCodeKib()).isLessThan(before);
  }

  @Test
  void whatIsDeadIsCollected() {
    WeakReference<byte[]> dead = new WeakReference<>(new byte[1 << 20]);
    IdleMemory.giveBack();
    assertThat(dead.get()).isNull();
  }
}

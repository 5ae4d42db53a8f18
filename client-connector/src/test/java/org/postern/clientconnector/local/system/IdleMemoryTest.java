package org.postern.clientconnector.local.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class IdleMemoryTest {
  private static final Pattern CODE =
      Pattern.compile("(?m)^\\S+ r-xp .*/libjvm\\.so\\n(?:[A-Z].*\\n)*?Rss: +(\\d+) kB$");

  private static long residentCodeKib() throws Exception {
    Matcher code =
        CODE.matcher(Files.readString(Path.of("/proc/self/smaps"), StandardCharsets.ISO_8859_1));
    assertThat(code.find()).isTrue();
    return Long.parseLong(code.group(1));
  }

  @Test
  void pagesThatOnlyTheStartReadLeaveAndTheMachineRunsOn() throws Exception {
    long before = residentCodeKib();
    assertThat(IdleMemory.releasePages()).isGreaterThan(before * 1024);
    assertThat(residentCodeKib()).isLessThan(before);
  }

  @Test
  void heapThatHasNotGrownIsLeftAlone() {
    IdleMemory memory = new IdleMemory();
    assertThat(collections()).isNotNegative(); // The beans are there before the heap is looked at.
    memory.giveBack();
    long collections = collections();
    memory.giveBackIfGrown();
    assertThat(collections()).isEqualTo(collections);
    byte[][] garbage = new byte[8][];
    for (int i = 0; i < garbage.length; i++) {
      garbage[i] = new byte[1 << 20];
    }
    assertThat(garbage.length).isEqualTo(8);
    memory.giveBackIfGrown();
    assertThat(collections()).isGreaterThan(collections);
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }
}

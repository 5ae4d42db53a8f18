package org.postern.clientconnector.local.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Range;

class SyntheticAddressesTest {

  private static final Ipv4Range RANGE = Ipv4Range.parse("100.64.0.0/16");
  private static final Ipv4Range SMALL = Ipv4Range.parse("100.64.0.0/22");
  private static final int SMALL_CAPACITY = 1_024 - 256 - 1;
  private static final Duration WEEK = Duration.ofDays(7);
  private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

  @TempDir private Path directory;

  @Test
  void nameKeepsItsAddressWhateverItsCase() throws Exception {
    SyntheticAddresses addresses = new SyntheticAddresses(RANGE, WEEK);
    int address = addresses.assign("Payments.Corp.Internal", NOON).address();
    assertThat(addresses.assign("payments.corp.internal", NOON).address()).isEqualTo(address);
    assertThat(addresses.nameOf(address)).isEqualTo("payments.corp.internal");
    assertThat(addresses.find("PAYMENTS.corp.internal")).isEqualTo(address);
  }

  @Test
  void twoNamesNeverShareAnAddressAndReservedOnesStayFree() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    SyntheticAddresses addresses = new SyntheticAddresses(SMALL, WEEK);
    Map<String, Integer> model = new HashMap<>();
    Instant now = NOON;
    for (int step = 0; step < 20_000; step++) {
      now = now.plus(Duration.ofMinutes(random.nextInt(60)));
      String name = "host" + random.nextInt(1_200) + ".corp.internal";
      try {
        SyntheticAddresses.Assignment assignment = addresses.assign(name, now);
        if (assignment.displaced() != null) {
          assertThat(model.remove(assignment.displaced())).as("seed %d", seed).isNotNull();
        }
        Integer before = model.put(name, assignment.address());
        assertThat(before).as("seed %d", seed).isIn(null, assignment.address());
      } catch (AddressRefusedException e) {
        assertThat(model).as("seed %d", seed).hasSize(SMALL_CAPACITY);
      }
      if (step % 1_000 == 0) {
        assertThat(model.values()).as("seed %d", seed).doesNotHaveDuplicates();
        assertThat(model.values())
            .as("seed %d", seed)
            .allMatch(address -> address - SMALL.base() >= 256 && SMALL.contains(address));
      }
    }
    Map<String, Integer> actual = new HashMap<>();
    addresses.forEachAddress(actual::put);
    assertThat(actual).as("seed %d", seed).isEqualTo(model);
  }

  @Test
  void addressIsReusedOnlyNearExhaustionAndTheLeastRecentlyUsedFirst() throws Exception {
    SyntheticAddresses addresses = new SyntheticAddresses(SMALL, WEEK);
    int used = SMALL_CAPACITY - SMALL_CAPACITY / 64;
    for (int i = 0; i < used; i++) {
      assertThat(addresses.assign("host" + i, NOON.plusSeconds(i)).displaced()).isNull();
    }
    addresses.assign("host0", NOON.plusSeconds(used));
    Instant later = NOON.plus(WEEK).plusSeconds(2L * used);
    assertThat(addresses.assign("newcomer", later).displaced()).isEqualTo("host1");
  }

  @Test
  void liveOrRecentAddressIsNeverReused() throws Exception {
    SyntheticAddresses addresses = new SyntheticAddresses(SMALL, WEEK);
    for (int i = 0; i < SMALL_CAPACITY; i++) {
      addresses.assign("host" + i, NOON);
    }
    assertThatThrownBy(() -> addresses.assign("newcomer", NOON.plus(WEEK).minusSeconds(1)))
        .isInstanceOf(AddressRefusedException.class)
        .hasMessageContaining("--range");
    for (int i = 0; i < SMALL_CAPACITY; i++) {
      Integer address = addresses.find("host" + i);
      if (i != 5 && address != null) {
        addresses.hold(address, NOON);
      }
    }
    assertThat(addresses.assign("newcomer", NOON.plus(WEEK)).displaced()).isEqualTo("host5");
  }

  @Test
  void mapSurvivesARestart() throws Exception {
    Path file = directory.resolve("addresses");
    Map<String, Integer> before = new HashMap<>();
    SyntheticAddresses first = new SyntheticAddresses(RANGE, WEEK);
    try (AddressJournal journal = AddressJournal.open(file, first)) {
      for (int i = 0; i < 200; i++) {
        String name = "host" + i + ".corp.internal";
        int address = first.assign(name, NOON).address();
        journal.append(name, address - RANGE.base(), NOON);
        before.put(name, address);
      }
    }
    SyntheticAddresses second = new SyntheticAddresses(RANGE, WEEK);
    AddressJournal.open(file, second).close();
    Map<String, Integer> after = new HashMap<>();
    second.forEachAddress(after::put);
    assertThat(after).isEqualTo(before);
  }

  @Test
  void deviceMakesItsPrefixOnceAndKeepsIt() throws Exception {
    Path file = directory.resolve("state/ipv6-prefix");
    Ipv6Range made = DevicePrefix.readOrMake(file, new Random(1));
    assertThat(made.toString()).matches("fd[0-9a-f]{2}:[0-9a-f]{1,4}:[0-9a-f]{1,4}::/96");
    assertThat(DevicePrefix.readOrMake(file, new Random(2))).isEqualTo(made);
    assertThat(DevicePrefix.readOrMake(directory.resolve("other"), new Random(2)))
        .isNotEqualTo(made);
  }

  @Test
  void damagedPrefixIsMadeAnew() throws Exception {
    Path file = directory.resolve("ipv6-prefix");
    for (String damage :
        List.of("", "fd12:34", "2001:db8::/96\n", "fd12::/64\n", "x".repeat(999))) {
      Files.writeString(file, damage);
      Ipv6Range made = DevicePrefix.readOrMake(file, new Random(3));
      assertThat(Files.readString(file)).isEqualTo(made + "\n");
    }
  }

  @Test
  void damagedTailCostsOnlyTheTail() throws Exception {
    Path file = directory.resolve("addresses");
    List<String> names = new ArrayList<>();
    try (AddressJournal journal = AddressJournal.open(file, new SyntheticAddresses(RANGE, WEEK))) {
      for (int i = 0; i < 10; i++) {
        journal.append("host" + i, 300 + i, NOON);
        names.add("host" + i);
      }
    }
    byte[] whole = Files.readAllBytes(file);
    for (int length = whole.length - 1; length > 0; length -= 7) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertPrefixOf(names, file);
    }
    Files.write(file, whole);
    Files.write(file, new byte[] {0, -1, '\n', 'x', '\n'}, StandardOpenOption.APPEND);
    assertThat(assertPrefixOf(names, file)).isEqualTo(10);
  }

  private static int assertPrefixOf(List<String> names, Path file) throws IOException {
    SyntheticAddresses addresses = new SyntheticAddresses(RANGE, WEEK);
    AddressJournal.open(file, addresses).close();
    List<String> read = new ArrayList<>();
    addresses.forEachAddress((name, address) -> read.add(name));
    assertThat(read).isEqualTo(names.subList(0, read.size()));
    return read.size();
  }

  @Test
  void randomJournalBytesNeverMakeTwoNamesShareAnAddress() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      StringBuilder text = new StringBuilder("postern-addresses 1\n");
      for (int i = random.nextInt(400); i > 0; i--) {
        text.append("0123456789 abc\n".charAt(random.nextInt(15)));
      }
      SyntheticAddresses addresses = new SyntheticAddresses(RANGE, WEEK);
      AddressJournal.read(text.toString(), addresses);
      List<Integer> read = new ArrayList<>();
      addresses.forEachAddress((name, address) -> read.add(address));
      assertThat(read).as("seed %d", seed).doesNotHaveDuplicates();
    }
  }
}

package org.postern.policystore.decision;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.ClientType;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Platform;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;

/// Six people `u0` to `u5` for a [RandomPolicy], what is known of them, and what they ask.
public final class RandomPeople {
  /// How many there are.
  public static final int COUNT = 6;

  private static final List<String> NAMES =
      List.of(
          "a.x",
          "b.x",
          "a.b.x",
          "c.a.b.x",
          "x",
          "b",
          "a.y",
          "A.B.x",
          "a.x.",
          "a..x",
          "",
          ".x",
          "aa.x",
          "cc.b.x",
          "10.0.0.1",
          "10.0.1.1",
          "10.1.2.3",
          "10.0.0.1.",
          "fd00::1",
          "FD00:0::0:1",
          "::ffff:10.0.0.1",
          "fd00:1::2",
          "010.0.0.1",
          "10.1",
          "é.x",
          "z.z.z.y");
  private static final List<String> SOURCES =
      List.of("192.0.2.7", "192.0.2.8", "198.51.100.1", "2001:db8::1");

  private final SplittableRandom random;

  public RandomPeople(SplittableRandom random) {
    this.random = random;
  }

  public IdentityState identities() {
    Map<String, UserRecord> users = new HashMap<>();
    Map<String, DeviceRecord> devices = new HashMap<>();
    Map<String, SessionRecord> sessions = new HashMap<>();
    Map<String, List<ApprovalRecord>> approvals = new HashMap<>();
    for (int i = 0; i < COUNT; i++) {
      String user = "u" + i;
      String provider = "p" + (rarely() ? 1 : 0);
      if (!rarely()) {
        users.put(user, user(i, provider));
      }
      devices.put(
          "d" + i,
          new DeviceRecord(
              "d" + i,
              user,
              "x",
              "y",
              "k" + i,
              rarely() ? DeviceRecord.State.QUARANTINED : DeviceRecord.State.REGISTERED));
      if (!rarely()) {
        sessions.put("d" + i, session(i, provider));
      }
      List<ApprovalRecord> mine = new ArrayList<>();
      for (int j = 0; j < random.nextInt(3); j++) {
        Instant from = moment();
        mine.add(
            new ApprovalRecord(
                "a" + j,
                user,
                "app" + random.nextInt(6),
                from,
                from.plus(Duration.ofHours(random.nextInt(1, 90))),
                rarely()));
      }
      approvals.put(user, mine);
    }
    return new IdentityState(users, devices, sessions, Map.of(), approvals);
  }

  private UserRecord user(int number, String provider) {
    String id = "u" + number;
    Map<String, List<String>> attributes = new HashMap<>();
    for (String name : List.of("dept", "site")) {
      if (random.nextBoolean()) {
        attributes.put(name, List.of(pick(List.of("a", "b", "c"))));
      }
    }
    return new UserRecord(
        id,
        provider,
        id,
        RandomPolicy.email(number),
        id,
        rarely(),
        random.nextBoolean() ? List.of(pick(RandomPolicy.GROUPS)) : List.of(),
        attributes);
  }

  private SessionRecord session(int number, String provider) {
    Instant at = RandomPolicy.START.minus(Duration.ofHours(random.nextInt(40)));
    return new SessionRecord(
        "s" + number,
        "u" + number,
        "d" + number,
        provider,
        at,
        RandomPolicy.START.plus(Duration.ofHours(random.nextInt(20, 120))),
        rarely(),
        new SessionRecord.SignInMethod(
            pick(List.of("", "gold", "silver")),
            random.nextBoolean() ? List.of(pick(List.of("hwk", "pwd"))) : List.of()));
  }

  /// A moment in the four days from [RandomPolicy#START].
  public Instant moment() {
    return RandomPolicy.START.plusMillis(random.nextLong(Duration.ofDays(4).toMillis()));
  }

  public Facts facts() {
    Map<String, Truth> posture = new HashMap<>();
    for (String profile : RandomPolicy.PROFILES) {
      if (random.nextInt(3) != 0) {
        posture.put(profile, pick(List.of(Truth.values())));
      }
    }
    return new Facts(
        maybe(List.of(ClientType.CLIENT, ClientType.CLIENT, ClientType.BROWSER)),
        maybe(List.of(Platform.LINUX, Platform.LINUX, Platform.MACOS)),
        posture,
        random.nextInt(4) == 0 ? null : RandomPolicy.range(pick(SOURCES)),
        random.nextBoolean()
            ? null
            : Set.copyOf(new TreeSet<>(List.of(pick(RandomPolicy.NETWORKS)))),
        maybe(RandomPolicy.COUNTRIES),
        maybe(List.of(RiskLevel.values())));
  }

  NaiveModel.Question question() {
    int user = random.nextInt(COUNT);
    return new NaiveModel.Question(
        "u" + user,
        "d" + (rarely() ? random.nextInt(COUNT) : user),
        facts(),
        random.nextInt(4) == 0 ? pick(NAMES) : pick(NAMES.subList(0, 5)),
        random.nextInt(1, 5),
        random.nextInt(3) == 0 ? Transport.UDP : Transport.TCP,
        moment().toEpochMilli());
  }

  private boolean rarely() {
    return random.nextInt(24) == 0;
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private <T> @Nullable T maybe(List<T> from) {
    return random.nextInt(4) == 0 ? null : pick(from);
  }
}

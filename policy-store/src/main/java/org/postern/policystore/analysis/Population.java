package org.postern.policystore.analysis;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.IdentityState;

/// Everybody whose access is compared: each person on each of their registered devices, signed in
/// as last time or else a moment ago, and for each group somebody made up who is in it and of whom
/// nothing else is known. Where identity providers differ, that is somebody else before than after:
/// each is in the group in whatever way the configuration of their time allows. Whoever is disabled
/// is left out. Immutable.
///
/// @param before for snapshots of the first configuration that are asked about them
/// @param after the same, of the last
/// @param members sorted by name
public record Population(IdentityState before, IdentityState after, List<Member> members) {
  private static final long SESSION_SECONDS = 3_600;

  /// Copies the list.
  public Population {
    members = List.copyOf(members);
  }

  /// Somebody on one device.
  ///
  /// @param id of the user, or the group's name
  /// @param name the address or else the name or else the id, for people to read
  public record Member(
      Kind kind, String id, String name, String userId, String deviceId, Facts facts) {}

  /// Kinds of members.
  public enum Kind {
    /// A person who has signed in.
    PERSON,
    /// Anybody in a group.
    GROUP
  }

  /// Out of the people and devices there are, before and after a change.
  ///
  /// @param facts what is known of a device
  /// @param unknown what is known of a device that nobody has seen
  public static Population of(
      IdentityState real,
      PolicyConfiguration before,
      PolicyConfiguration after,
      Function<DeviceRecord, Facts> facts,
      Facts unknown,
      Instant now) {
    Builder builder = new Builder(real, facts, unknown, now);
    Map<String, List<DeviceRecord>> devices = new HashMap<>();
    for (DeviceRecord device : real.devices().values()) {
      if (device.state() == DeviceRecord.State.REGISTERED) {
        devices.computeIfAbsent(device.userId(), _ -> new ArrayList<>(1)).add(device);
      }
    }
    for (UserRecord user : real.users().values()) {
      if (!user.disabled()) {
        builder.person(user, devices.getOrDefault(user.id(), List.of()));
      }
    }
    for (MadeUp each : MadeUp.all(before, after)) {
      builder.group(each);
    }
    return builder.build();
  }

  private static final class Builder {
    private final IdentityState real;
    private final Function<DeviceRecord, Facts> facts;
    private final Facts unknown;
    private final Instant now;
    private final Map<String, UserRecord> usersBefore;
    private final Map<String, UserRecord> usersAfter;
    private final Map<String, DeviceRecord> devices = new HashMap<>();
    private final Map<String, SessionRecord> sessionsBefore = new HashMap<>();
    private final Map<String, SessionRecord> sessionsAfter = new HashMap<>();
    private final List<Member> members = new ArrayList<>();

    Builder(IdentityState real, Function<DeviceRecord, Facts> facts, Facts unknown, Instant now) {
      this.real = real;
      this.facts = facts;
      this.unknown = unknown;
      this.now = now;
      this.usersBefore = new HashMap<>(real.users());
      this.usersAfter = new HashMap<>(real.users());
    }

    void person(UserRecord user, List<DeviceRecord> registered) {
      String name = user.email().isEmpty() ? user.name() : user.email();
      String shown = name.isEmpty() ? user.id() : name;
      for (DeviceRecord device : registered) {
        Facts known = facts.apply(device);
        add(new Member(Kind.PERSON, user.id(), shown, user.id(), device.id(), known), user, device);
      }
      if (registered.isEmpty()) {
        String id = "new device of " + user.id();
        add(new Member(Kind.PERSON, user.id(), shown, user.id(), id, unknown), user, device(user));
      }
    }

    void group(MadeUp each) {
      UserRecord user = each.before();
      String group = each.group();
      usersBefore.put(user.id(), user);
      usersAfter.put(user.id(), each.after());
      String device = "device of " + user.id();
      add(new Member(Kind.GROUP, group, group, user.id(), device, unknown), user, device(user));
      sessionsAfter.put(device, session(each.after(), device, null));
    }

    private static DeviceRecord device(UserRecord user) {
      return new DeviceRecord("", user.id(), "", "", "", DeviceRecord.State.REGISTERED);
    }

    private void add(Member member, UserRecord user, DeviceRecord device) {
      String id = member.deviceId();
      members.add(member);
      devices.put(
          id,
          new DeviceRecord(
              id,
              user.id(),
              device.name(),
              device.platform(),
              device.keyFingerprint(),
              DeviceRecord.State.REGISTERED));
      SessionRecord session = session(user, id, real.sessionsByDevice().get(id));
      sessionsBefore.put(id, session);
      sessionsAfter.put(id, session);
    }

    private SessionRecord session(UserRecord user, String device, @Nullable SessionRecord last) {
      boolean live =
          last != null
              && !last.revoked()
              && last.userId().equals(user.id())
              && now.isBefore(last.expiresAt());
      if (last != null && live) {
        return last;
      }
      SessionRecord.SignInMethod strength =
          last == null ? SessionRecord.SignInMethod.UNKNOWN : last.strength();
      return new SessionRecord(
          "",
          user.id(),
          device,
          user.provider(),
          now,
          now.plusSeconds(SESSION_SECONDS),
          false,
          strength);
    }

    Population build() {
      members.sort(
          Comparator.comparing(Member::kind)
              .thenComparing(Member::name)
              .thenComparing(Member::id)
              .thenComparing(Member::deviceId));
      return new Population(
          state(usersBefore, sessionsBefore), state(usersAfter, sessionsAfter), members);
    }

    private IdentityState state(
        Map<String, UserRecord> users, Map<String, SessionRecord> sessions) {
      return new IdentityState(
          users, devices, sessions, real.connectors(), real.approvalsByUser(), real.risks());
    }
  }
}

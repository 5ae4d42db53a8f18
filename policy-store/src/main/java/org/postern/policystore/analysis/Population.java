package org.postern.policystore.analysis;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.IdentityState;

/// Everybody whose access is compared: each person on each of their registered devices, signed in
/// as last time or else a moment ago, and for each group somebody made up who is in it and of whom
/// nothing else is known. Whoever is disabled is left out. Immutable.
///
/// @param state for snapshots that are asked about them
/// @param members sorted by name
public record Population(IdentityState state, List<Member> members) {
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

  /// Out of the people and devices there are.
  ///
  /// @param configurations whose groups and identity providers count
  /// @param facts what is known of a device
  /// @param unknown what is known of a device that nobody has seen
  public static Population of(
      IdentityState real,
      List<PolicyConfiguration> configurations,
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
    TreeMap<String, Group> groups = new TreeMap<>();
    TreeMap<String, IdentityProvider> providers = new TreeMap<>();
    for (PolicyConfiguration configuration : configurations) {
      for (Group each : configuration.groups()) {
        groups.merge(each.name(), each, (one, other) -> one.sources().isEmpty() ? other : one);
      }
      configuration.identityProviders().forEach(each -> providers.putIfAbsent(each.name(), each));
    }
    if (!providers.isEmpty()) {
      IdentityProvider first = providers.firstEntry().getValue();
      for (Group group : groups.values()) {
        Group.Source source =
            group.sources().isEmpty()
                ? new Group.Source(first.name(), group.name())
                : group.sources().getFirst();
        builder.group(group.name(), source, providers.getOrDefault(source.provider(), first));
      }
    }
    return builder.build();
  }

  private static final class Builder {
    private final IdentityState real;
    private final Function<DeviceRecord, Facts> facts;
    private final Facts unknown;
    private final Instant now;
    private final Map<String, UserRecord> users;
    private final Map<String, DeviceRecord> devices = new HashMap<>();
    private final Map<String, SessionRecord> sessions = new HashMap<>();
    private final List<Member> members = new ArrayList<>();

    Builder(IdentityState real, Function<DeviceRecord, Facts> facts, Facts unknown, Instant now) {
      this.real = real;
      this.facts = facts;
      this.unknown = unknown;
      this.now = now;
      this.users = new HashMap<>(real.users());
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

    void group(String group, Group.Source source, IdentityProvider provider) {
      String domain =
          provider.domains().isEmpty() ? "group.invalid" : provider.domains().getFirst();
      String id = "member of " + group;
      UserRecord user =
          new UserRecord(
              id, provider.name(), id, "anybody@" + domain, "", false, List.of(source.group()));
      users.put(id, user);
      add(new Member(Kind.GROUP, group, group, id, "device of " + id, unknown), user, device(user));
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
      sessions.put(id, session(user, id, real.sessionsByDevice().get(id)));
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
          new IdentityState(
              users, devices, sessions, real.connectors(), real.approvalsByUser(), real.risks()),
          members);
    }
  }
}

package org.postern.broker.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.ClientType;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.RiskRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Explanation;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;

/**
 * Puts a {@link Question} to the real engine. What the question does not say is taken as the live
 * broker knows it: of a device its user, session, platform, posture and address; of a person their
 * groups, attributes and approvals, and the device that they are signed in on if it is the only
 * one. Somebody whom nobody knows has signed in a moment ago, on a device of which only the given
 * facts are known; unless their provider is named, their groups are those of the policy, and they
 * come from a provider whose word fills them. Every question comes from a client connector unless
 * it says otherwise.
 */
final class WhatIf {
  /** What is known of whoever sits at a device that nothing is known of. */
  static final Facts CLIENT = new Facts(ClientType.CLIENT, null, Map.of(), null, null, null, null);

  private static final String SOMEBODY = "u-somebody";
  private static final String DEVICE = "d-something";
  private static final long SESSION_SECONDS = 3_600;

  private final Question question;
  private final Snapshot base;

  /**
   * A question to a policy.
   *
   * @param base the policy, and the people that there are
   */
  WhatIf(Question question, Snapshot base) {
    this.question = question;
    this.base = base;
  }

  /**
   * Whom the question turned out to be about.
   *
   * @param snapshot the policy with them in it
   * @param user the real user; null: somebody made up
   * @param device the real device; null: one of which nothing is known
   */
  record Asked(
      Snapshot snapshot,
      SubjectView view,
      @Nullable UserRecord user,
      @Nullable DeviceRecord device) {}

  /** As the live broker would take it, with what the question says over that. */
  Asked asked(Function<DeviceRecord, Facts> known) {
    DeviceRecord device = namedDevice();
    UserRecord user = device == null ? namedUser() : owner(device);
    if (device == null && user != null) {
      device = onlyDevice(user);
    }
    Facts facts = device == null ? somewhere(user) : known.apply(device);
    return ask(user, device, over(facts, question.facts()));
  }

  /** On a device that nobody knows a person's risk level is theirs alone. */
  private Facts somewhere(@Nullable UserRecord user) {
    return user == null
        ? CLIENT
        : CLIENT.withRisk(base.identities().risk(RiskRecord.Kind.USER, user.id(), question.at()));
  }

  /** Of somebody made up, whoever there is. */
  Asked somebody() {
    return ask(null, null, over(CLIENT, question.facts()));
  }

  private Asked ask(@Nullable UserRecord user, @Nullable DeviceRecord device, Facts facts) {
    Snapshot snapshot = base.withIdentities(base.version(), people(user, device));
    SubjectView view =
        snapshot.subject(
            user == null ? SOMEBODY : user.id(), device == null ? DEVICE : device.id(), facts);
    return new Asked(snapshot, view, user, device);
  }

  /** The answer to whoever it is about. */
  Explanation explain(Asked asked) {
    return asked
        .snapshot()
        .explain(
            asked.view(),
            question.host(),
            question.port(),
            question.transport(),
            question.at().toEpochMilli());
  }

  private static Facts over(Facts known, Facts given) {
    Map<String, Truth> posture = new HashMap<>(known.posture());
    posture.putAll(given.posture());
    return new Facts(
        given.clientType() == null ? known.clientType() : given.clientType(),
        given.platform() == null ? known.platform() : given.platform(),
        posture,
        given.source() == null ? known.source() : given.source(),
        given.trustedNetworks() == null ? known.trustedNetworks() : given.trustedNetworks(),
        given.country() == null ? known.country() : given.country(),
        given.risk() == null ? known.risk() : given.risk());
  }

  // -- who

  private @Nullable DeviceRecord namedDevice() {
    String id = question.who().device();
    if (id.isEmpty()) {
      return null;
    }
    DeviceRecord device = base.identities().devices().get(id);
    if (device == null) {
      throw AdminProblem.field("device", "there is no such device; postern admin device list");
    }
    return device;
  }

  private UserRecord owner(DeviceRecord device) {
    UserRecord owner = base.identities().users().get(device.userId());
    String written = question.who().user();
    if (owner == null || !(written.isEmpty() || written.equals(owner.email()))) {
      throw AdminProblem.field("user", "the device is somebody else's; name the device alone");
    }
    return owner;
  }

  private @Nullable UserRecord namedUser() {
    String email = question.who().user();
    String provider = question.who().provider();
    List<UserRecord> found = new ArrayList<>();
    for (UserRecord user : base.identities().users().values()) {
      if (!email.isEmpty() && user.email().equals(email)) {
        found.add(user);
      }
    }
    if (found.size() > 1 && provider != null) {
      found.removeIf(user -> !user.provider().equals(provider));
    }
    if (found.size() > 1) {
      throw AdminProblem.field(
          "user", "%d users have this address; say provider or device".formatted(found.size()));
    }
    return found.isEmpty() ? null : found.getFirst();
  }

  private @Nullable DeviceRecord onlyDevice(UserRecord user) {
    DeviceRecord only = null;
    for (DeviceRecord device : base.identities().devices().values()) {
      SessionRecord session = base.identities().sessionsByDevice().get(device.id());
      boolean live =
          device.userId().equals(user.id())
              && device.state() == DeviceRecord.State.REGISTERED
              && session != null
              && !session.revoked()
              && session.userId().equals(user.id())
              && session.expiresAt().isAfter(question.at());
      if (live && only != null) {
        return null;
      }
      only = live ? device : only;
    }
    return only;
  }

  /** Nobody but the one person, with a device and a session. */
  private IdentityState people(@Nullable UserRecord real, @Nullable DeviceRecord machine) {
    UserRecord user = user(real);
    DeviceRecord device =
        machine == null
            ? new DeviceRecord(DEVICE, user.id(), "", "", "", DeviceRecord.State.REGISTERED)
            : machine;
    SessionRecord known =
        machine == null ? null : base.identities().sessionsByDevice().get(machine.id());
    SessionRecord session = session(user, device, known);
    Map<String, List<ApprovalRecord>> approvals =
        Map.of(user.id(), base.identities().approvalsByUser().getOrDefault(user.id(), List.of()));
    return new IdentityState(
        Map.of(user.id(), user),
        Map.of(device.id(), device),
        session == null ? Map.of() : Map.of(device.id(), session),
        Map.of(),
        approvals,
        base.identities().risks());
  }

  private UserRecord user(@Nullable UserRecord real) {
    Question.Who who = question.who();
    if (real != null && !who.changesPerson()) {
      return real;
    }
    if (real == null) {
      return madeUp(who);
    }
    String provider = who.provider();
    List<String> groups = who.groups();
    Map<String, List<String>> attributes = who.attributes();
    return new UserRecord(
        real.id(),
        provider == null ? real.provider() : provider,
        real.subject(),
        real.email(),
        real.name(),
        real.disabled(),
        groups == null ? real.providerGroups() : groups,
        attributes == null ? real.attributes() : attributes);
  }

  /** The one that there is; another one when the question says how they signed in. */
  private @Nullable SessionRecord session(
      UserRecord user, DeviceRecord device, @Nullable SessionRecord known) {
    Question.SignIn signIn = question.who().signIn();
    boolean real = !device.id().equals(DEVICE);
    if (real && !signIn.isWritten() && question.who().provider() == null) {
      return known;
    }
    Instant at = signIn.at();
    if (at == null) {
      at = known == null ? question.at() : known.authenticatedAt();
    }
    SessionRecord.SignInMethod method =
        known == null ? SessionRecord.SignInMethod.UNKNOWN : known.strength();
    String context = signIn.context();
    List<String> methods = signIn.methods();
    SessionRecord kept = signIn.at() == null ? known : null;
    return new SessionRecord(
        known == null ? "s-something" : known.id(),
        user.id(),
        device.id(),
        user.provider(),
        at,
        kept == null ? question.at().plusSeconds(SESSION_SECONDS) : kept.expiresAt(),
        kept != null && kept.revoked(),
        new SessionRecord.SignInMethod(
            context == null ? method.context() : context,
            methods == null ? method.methods() : methods));
  }

  private UserRecord madeUp(Question.Who who) {
    List<String> groups = who.groups() == null ? List.of() : who.groups();
    String named = who.provider();
    String provider = named == null ? providerOf(who.user(), groups) : named;
    return new UserRecord(
        SOMEBODY,
        provider,
        SOMEBODY,
        who.user(),
        who.user(),
        false,
        named == null ? saidBy(provider, groups) : groups,
        who.attributes() == null ? Map.of() : who.attributes());
  }

  /** Of the address's domain; else one whose word fills the groups; else the first one. */
  private String providerOf(String email, List<String> groups) {
    String domain = email.substring(email.indexOf('@') + 1);
    List<IdentityProvider> providers = base.configuration().identityProviders();
    return providers.stream()
        .filter(provider -> provider.domains().contains(domain))
        .map(IdentityProvider::name)
        .findFirst()
        .or(() ->
            base.configuration().groups().stream()
                .filter(group -> groups.contains(group.name()))
                .flatMap(group -> group.sources().stream())
                .map(Group.Source::provider)
                .findFirst())
        .or(() -> providers.stream().map(IdentityProvider::name).findFirst())
        .orElse("");
  }

  /** The provider's own names for groups of the policy; the same name where it has no other. */
  private List<String> saidBy(String provider, List<String> groups) {
    Map<String, List<String>> names = new HashMap<>();
    for (Group group : base.configuration().groups()) {
      for (Group.Source source : group.sources()) {
        if (source.provider().equals(provider)) {
          names.computeIfAbsent(group.name(), key -> new ArrayList<>()).add(source.group());
        }
      }
    }
    return groups.stream()
        .flatMap(group -> names.getOrDefault(group, List.of(group)).stream())
        .distinct()
        .toList();
  }
}

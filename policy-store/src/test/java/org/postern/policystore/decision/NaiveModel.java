package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.DenyReason;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IpLiterals;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Transport;
import org.postern.policystore.UserRecord;

/// What a decision is, said as plainly as possible and as slowly: the reference for the engine.
final class NaiveModel {
  private final PolicyConfiguration configuration;
  private final IdentityState identities;

  NaiveModel(PolicyConfiguration configuration, IdentityState identities) {
    this.configuration = configuration;
    this.identities = identities;
  }

  record Question(
      String userId, String deviceId, String host, int port, Transport transport, long nowMillis) {}

  Decision decide(Question question) {
    Optional<DenyReason> refusal = refusal(question);
    if (refusal.isPresent()) {
      return new Decision.Deny(null, refusal.get());
    }
    return decide(question.userId(), match(question.host(), question.port(), question.transport()));
  }

  /// What the rules alone say of a user in good standing and an application.
  Decision decide(String userId, @Nullable Application application) {
    UserRecord user = identities.users().get(userId);
    if (user != null && application != null) {
      for (AccessRule rule : configuration.rules()) {
        if (rule.match().targets().applications().contains(application.name())
            && isAbout(rule, user)) {
          return rule.action() == AccessRule.Action.ALLOW
              ? Decision.Allow.of(rule, application, java.time.Duration.ZERO)
              : new Decision.Deny(rule, DenyReason.POLICY_DENIED);
        }
      }
    }
    return new Decision.Deny(null, DenyReason.POLICY_NO_RULE);
  }

  Optional<DenyReason> refusal(Question question) {
    UserRecord user = identities.users().get(question.userId());
    if (user == null || user.disabled()) {
      return Optional.of(DenyReason.USER_DISABLED);
    }
    DeviceRecord device = identities.devices().get(question.deviceId());
    if (device == null
        || !device.userId().equals(user.id())
        || device.state() != DeviceRecord.State.REGISTERED) {
      return Optional.of(DenyReason.DEVICE_REVOKED);
    }
    SessionRecord session = identities.sessionsByDevice().get(device.id());
    if (session == null
        || session.revoked()
        || !session.userId().equals(user.id())
        || provider(session.provider()) == null) {
      return Optional.of(DenyReason.SESSION_REVOKED);
    }
    return question.nowMillis() < session.expiresAt().toEpochMilli()
        ? Optional.empty()
        : Optional.of(DenyReason.SESSION_EXPIRED);
  }

  private @Nullable IdentityProvider provider(String name) {
    return configuration.identityProviders().stream()
        .filter(provider -> provider.name().equals(name))
        .findFirst()
        .orElse(null);
  }

  private boolean isAbout(AccessRule rule, UserRecord user) {
    if (rule.match().subjects().anyone() || rule.match().subjects().users().contains(email(user))) {
      return true;
    }
    for (Group group : configuration.groups()) {
      if (rule.match().subjects().groups().contains(group.name())
          && (group.members().contains(email(user))
              || user.providerGroups().contains(group.name()))) {
        return true;
      }
    }
    return false;
  }

  private String email(UserRecord user) {
    IdentityProvider provider = provider(user.provider());
    if (provider == null) {
      return "nobody";
    }
    boolean sole = configuration.identityProviders().size() == 1;
    boolean counts =
        provider.domains().isEmpty()
            ? sole
            : provider.domains().stream().anyMatch(d -> user.email().endsWith("@" + d));
    return counts ? user.email() : "nobody";
  }

  @Nullable Application match(String host, int port, Transport transport) {
    String name = host.toLowerCase(Locale.ROOT);
    name = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    int best = -1;
    List<Application> candidates = new ArrayList<>();
    for (Application application : configuration.applications()) {
      for (HostPattern pattern : application.hosts()) {
        int specificity = specificity(pattern, name, host);
        if (specificity > best) {
          best = specificity;
          candidates.clear();
        }
        if (specificity >= 0 && specificity == best) {
          candidates.add(application);
        }
      }
    }
    for (Application application : candidates) {
      for (PortRange range : application.ports(transport)) {
        if (range.low() <= port && port <= range.high()) {
          return application;
        }
      }
    }
    return null;
  }

  private static boolean isName(String text) {
    return text.matches("[!-~&&[^.]]+(\\.[!-~&&[^.]]+)*");
  }

  /// -1: does not match.
  private static int specificity(HostPattern pattern, String name, String asked) {
    return switch (pattern) {
      case HostPattern.ExactName(String exact) -> exact.equals(name) ? 1_000 : -1;
      case HostPattern.WildcardName(String suffix) ->
          isName(name) && name.endsWith("." + suffix) ? suffix.length() : -1;
      case HostPattern.Glob glob -> -1;
      case HostPattern.Addresses(var range) -> {
        IpLiterals.Parsed parsed = IpLiterals.parse(asked);
        yield parsed != null
                && parsed.ipv6() == range.ipv6()
                && (parsed.high() & IpLiterals.maskHigh(range.ipv6(), range.prefixLength()))
                    == range.high()
                && (parsed.low() & IpLiterals.maskLow(range.ipv6(), range.prefixLength()))
                    == range.low()
            ? range.prefixLength()
            : -1;
      }
    };
  }
}

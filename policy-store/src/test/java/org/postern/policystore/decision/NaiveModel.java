package org.postern.policystore.decision;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.DenyReason;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IpLiterals;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.SessionRule;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;

/// What a decision is, said as plainly as possible and as slowly: the reference for the engine.
final class NaiveModel {
  private final PolicyConfiguration configuration;
  private final IdentityState identities;
  private final Map<String, List<Application>> taking = new HashMap<>();

  NaiveModel(PolicyConfiguration configuration, IdentityState identities) {
    this.configuration = configuration;
    this.identities = identities;
  }

  record Question(
      String userId,
      String deviceId,
      Facts facts,
      String host,
      int port,
      Transport transport,
      long nowMillis) {}

  Decision decide(Question question) {
    Optional<DenyReason> refusal = refusal(question);
    if (refusal.isPresent()) {
      return new Decision.Deny(null, refusal.get());
    }
    List<Application> all = matches(question.host(), question.port(), question.transport());
    boolean known = question.facts().clientType() != null || all.stream().allMatch(this::isForAll);
    List<Application> applications =
        known ? all.stream().filter(each -> exists(each, question.facts())).toList() : List.of();
    return rules(subject(question), applications, question.nowMillis());
  }

  NaiveConditions subject(Question question) {
    return new NaiveConditions(
        configuration,
        identities.users().get(question.userId()),
        identities.sessionsByDevice().get(question.deviceId()),
        question.facts(),
        identities.approvalsByUser().getOrDefault(question.userId(), List.of()));
  }

  private boolean isForAll(Application application) {
    return application.traits().exists().equals(ApplicationTraits.DEFAULT.exists());
  }

  private boolean exists(Application application, Facts facts) {
    return isForAll(application)
        || application.traits().exists().stream().anyMatch(each -> each == facts.clientType());
  }

  /// The first rule that matches decides.
  private Decision rules(NaiveConditions subject, List<Application> applications, long now) {
    for (AccessRule rule : configuration.rules()) {
      Optional<Application> about =
          applications.stream().filter(each -> subject.isAbout(rule, each)).findFirst();
      if (about.isEmpty()) {
        continue;
      }
      Truth matches = subject.matches(rule, now);
      boolean met =
          switch (rule.action()) {
            case ALLOW -> true;
            case DENY -> false;
            case STEP_UP -> subject.isSignedInAs(rule.terms().stepUp(), now);
            case REQUIRE_APPROVAL -> subject.isApproved(about.get().name(), now);
          };
      if (matches == Truth.FALSE || (matches == Truth.UNKNOWN && met)) {
        continue;
      }
      if (matches == Truth.UNKNOWN) {
        return new Decision.Deny(rule, DenyReason.POLICY_DENIED);
      }
      if (met) {
        return withSessionRules(subject, rule, about.get(), applications, now);
      }
      return switch (rule.action()) {
        case STEP_UP -> new Decision.StepUp(rule, about.get(), rule.terms().stepUp());
        case REQUIRE_APPROVAL -> new Decision.RequireApproval(rule, about.get());
        case ALLOW, DENY -> new Decision.Deny(rule, DenyReason.POLICY_DENIED);
      };
    }
    return new Decision.Deny(null, DenyReason.POLICY_NO_RULE);
  }

  private Decision withSessionRules(
      NaiveConditions subject,
      AccessRule rule,
      Application application,
      List<Application> all,
      long now) {
    List<SessionRule> counting = new ArrayList<>();
    for (SessionRule session : configuration.sessionRules()) {
      Truth matches =
          all.stream().anyMatch(each -> subject.isAbout(session, each))
              ? subject.matches(session, now)
              : Truth.FALSE;
      if (matches != Truth.FALSE) {
        counting.add(session);
      }
      if (matches == Truth.TRUE) {
        break;
      }
    }
    Optional<SessionRule> oldest =
        counting.stream()
            .filter(session -> !session.ageMax().isZero())
            .min(Comparator.comparing(SessionRule::ageMax));
    if (oldest.isPresent() && !subject.isSignedInSince(oldest.get().ageMax(), now)) {
      return new Decision.StepUp(
          oldest.get(),
          application,
          new AccessRule.SignInStrength(oldest.get().ageMax(), List.of(), List.of()));
    }
    Duration idle =
        counting.stream()
            .map(SessionRule::idleMax)
            .filter(each -> !each.isZero())
            .min(Comparator.naturalOrder())
            .orElse(Duration.ZERO);
    return Decision.Allow.of(rule, application, idle);
  }

  /// Whether the device is to leave a host alone: the application that comes first speaks for it.
  boolean isBypassed(Question question) {
    List<Application> line = taking.computeIfAbsent(question.host(), this::takingPart);
    if (refusal(question).isPresent()
        || line.isEmpty()
        || !exists(line.getFirst(), question.facts())) {
      return false;
    }
    NaiveConditions subject = subject(question);
    boolean bypass =
        switch (line.getFirst().traits().bypass()) {
          case NEVER -> false;
          case ALWAYS -> true;
          case ON_TRUSTED_NETWORK -> subject.isOnAnyNetwork();
        };
    if (bypass) {
      return true;
    }
    ForwardingRule.Forwarding said = forwarding(subject, line.getFirst(), question.nowMillis());
    return said == ForwardingRule.Forwarding.BYPASS
        || (said == ForwardingRule.Forwarding.INTERCEPT_ALLOWED && !isOpen(question));
  }

  /// What the first forwarding rule says that surely matches, or may match and asks for no bypass.
  ForwardingRule.@Nullable Forwarding forwarding(
      NaiveConditions subject, Application application, long now) {
    for (ForwardingRule rule : configuration.forwardingRules()) {
      Truth matches = subject.isAbout(rule, application) ? subject.matches(rule, now) : Truth.FALSE;
      if (matches == Truth.TRUE) {
        return rule.forwarding();
      }
      if (matches == Truth.UNKNOWN && rule.forwarding() != ForwardingRule.Forwarding.BYPASS) {
        return rule.forwarding() == ForwardingRule.Forwarding.INTERCEPT ? rule.forwarding() : null;
      }
    }
    return null;
  }

  /// Whether the device answers for a host although nothing is open behind it.
  boolean isIntercepted(Question question) {
    List<Application> line = taking.computeIfAbsent(question.host(), this::takingPart);
    return refusal(question).isEmpty()
        && !line.isEmpty()
        && exists(line.getFirst(), question.facts())
        && forwarding(subject(question), line.getFirst(), question.nowMillis())
            == ForwardingRule.Forwarding.INTERCEPT;
  }

  /// Whether something is open behind a host, or would be once somebody signs in or says yes.
  boolean isOpen(Question question) {
    for (int port = 1; port <= 5; port++) {
      for (Transport transport : Transport.values()) {
        Decision decision =
            decide(
                new Question(
                    question.userId(),
                    question.deviceId(),
                    question.facts(),
                    question.host(),
                    port,
                    transport,
                    question.nowMillis()));
        if (!(decision instanceof Decision.Deny)) {
          return true;
        }
      }
    }
    return false;
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
        || configuration.identityProviders().stream()
            .noneMatch(provider -> provider.name().equals(session.provider()))) {
      return Optional.of(DenyReason.SESSION_REVOKED);
    }
    return Instant.ofEpochMilli(question.nowMillis()).isBefore(session.expiresAt())
        ? Optional.empty()
        : Optional.of(DenyReason.SESSION_EXPIRED);
  }

  /// The applications that take part in a host, of which only those with the port matter.
  List<Application> matches(String host, int port, Transport transport) {
    return taking.computeIfAbsent(host, this::takingPart).stream()
        .filter(each -> hasPort(each, port, transport))
        .toList();
  }

  private List<Application> takingPart(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    String name = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    List<HostPattern> patterns =
        configuration.applications().stream()
            .flatMap(application -> application.hosts().stream())
            .distinct()
            .filter(pattern -> specificity(pattern, name, host) >= 0)
            .sorted(
                Comparator.comparingInt((HostPattern pattern) -> -specificity(pattern, name, host))
                    .thenComparing(pattern -> pattern instanceof HostPattern.Glob)
                    .thenComparing(HostPattern::text))
            .toList();
    List<Application> joined = new ArrayList<>();
    boolean allInclusive = true;
    for (HostPattern pattern : patterns) {
      boolean mayJoin = allInclusive;
      boolean first = pattern.equals(patterns.getFirst());
      for (Application application : configuration.applications()) {
        if (application.hosts().contains(pattern)) {
          boolean inclusive =
              application.traits().matching() == ApplicationTraits.Matching.INCLUSIVE;
          if (first || (mayJoin && inclusive)) {
            joined.add(application);
          }
          allInclusive &= inclusive;
        }
      }
    }
    return joined.stream().distinct().toList();
  }

  private static boolean hasPort(Application application, int port, Transport transport) {
    for (PortRange range : application.ports(transport)) {
      if (range.low() <= port && port <= range.high()) {
        return true;
      }
    }
    return false;
  }

  private static boolean isName(String text) {
    return text.matches("[!-~&&[^.]]+(\\.[!-~&&[^.]]+)*");
  }

  /// -1: does not match.
  private static int specificity(HostPattern pattern, String name, String asked) {
    return switch (pattern) {
      case HostPattern.ExactName(String exact) -> exact.equals(name) ? 1_000 : -1;
      case HostPattern.WildcardName(String suffix) ->
          isName(name) && name.endsWith("." + suffix) ? suffix.length() + 1 : -1;
      case HostPattern.Glob(String glob) ->
          isName(name) && IpLiterals.parse(asked) == null && name.matches(regex(glob))
              ? glob.replaceAll("[*?]", "").length()
              : -1;
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

  private static String regex(String glob) {
    return glob.replace(".", "\\.").replace("*", ".*").replace("?", "[^.]");
  }
}

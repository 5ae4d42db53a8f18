package org.postern.broker.access;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.postern.policystore.AccessRule;
import org.postern.policystore.DenyReason;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Decision;
import org.postern.policystore.decision.ResolvedName;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;
import org.postern.policystore.posture.PostureEvaluation;
import org.postern.policystore.posture.ProfileResult;
import org.postern.tunnel.message.NamePlan;
import org.postern.tunnel.message.Obligations;
import org.postern.tunnel.message.PostureQuestions;
import org.postern.tunnel.message.PostureState;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Resolve;
import org.postern.tunnel.message.Resolved;
import org.postern.tunnel.message.SessionState;

/** What one device may do by one snapshot. Immutable; safe for any thread. */
public final class DeviceAccess {
  /** What is asked about when no port was named and the host has none. */
  private static final int USUAL_PORT = 443;

  private final Snapshot snapshot;
  private final SubjectView subject;
  private final List<ProfileResult> postures;
  private final InstantSource clock;
  private final DecisionLog log;

  DeviceAccess(
      Snapshot snapshot,
      SubjectView subject,
      List<ProfileResult> postures,
      InstantSource clock,
      DecisionLog log) {
    this.log = log;
    this.snapshot = snapshot;
    this.subject = subject;
    this.postures = postures;
    this.clock = clock;
  }

  /**
   * May this device open a flow to host and port, now? Counted for the rule that decides. The host
   * is lower-case ASCII.
   */
  public Verdict decide(String host, int port, org.postern.tunnel.message.Transport transport) {
    return verdict(
        snapshot.decideAndCount(subject, host, port, carrier(transport), clock.millis()));
  }

  /** May a flow to host and port go on? As {@link #decide}, without counting. */
  public Verdict review(String host, int port, org.postern.tunnel.message.Transport transport) {
    return verdict(snapshot.decide(subject, host, port, carrier(transport), clock.millis()));
  }

  /**
   * When a flow to host and port must be reviewed because time passes, in milliseconds since the
   * epoch; {@link Long#MAX_VALUE}: never.
   */
  public long reviewAt(String host, int port, org.postern.tunnel.message.Transport transport) {
    return snapshot.reconsiderAt(subject, host, port, carrier(transport), clock.millis());
  }

  private static Transport carrier(org.postern.tunnel.message.Transport transport) {
    return transport == org.postern.tunnel.message.Transport.TRANSPORT_UDP
        ? Transport.UDP
        : Transport.TCP;
  }

  private Verdict verdict(Decision decision) {
    String rule = decision.rule() == null ? "" : decision.rule().name();
    String message = decision.rule() instanceof AccessRule access ? access.terms().message() : "";
    return switch (decision) {
      case Decision.Allow allow ->
          new Verdict.Permitted(
              allow.application().name(),
              allow.connectorGroups(),
              wire(allow.obligations()),
              snapshot.dialTargets(allow.application().name()));
      case Decision.Deny deny ->
          new Verdict.Forbidden(FlowAccess.reason(deny.reason()), rule, message);
      case Decision.StepUp stepUp ->
          new Verdict.Forbidden(
              ReasonCode.POLICY_STEP_UP,
              rule,
              message.isEmpty() ? howToStepUp(stepUp.required()) : message);
      case Decision.RequireApproval approval ->
          new Verdict.Forbidden(ReasonCode.POLICY_APPROVAL_REQUIRED, rule, message);
    };
  }

  private static String howToStepUp(AccessRule.SignInStrength required) {
    return required.contexts().isEmpty()
        ? "sign in again: postern login URL --again"
        : "sign in more strongly: postern login URL --step-up " + required.contexts().getFirst();
  }

  /** What posture profiles came to, for the person. */
  public PostureState postureState() {
    return PostureWords.state(postures);
  }

  /** What the broker wants to know of this device. */
  public PostureQuestions postureQuestions(int max) {
    return PostureWords.questions(
        PostureEvaluation.questions(
            snapshot.configuration().postureProfiles(), subject.facts().platform()),
        max);
  }

  /** When a posture profile may turn although nothing is reported; empty: never. */
  public Optional<Instant> postureUntil() {
    return postures.stream()
        .map(ProfileResult::until)
        .flatMap(Stream::ofNullable)
        .min(Comparator.naturalOrder());
  }

  /** Whether every posture profile came to the same as it did for another. */
  public boolean hasPostureOf(DeviceAccess other) {
    return subject.facts().posture().equals(other.subject.facts().posture())
        && postureState().equals(other.postureState());
  }

  /**
   * Why a flow that was permitted is forbidden now, in words, if it is the device's posture: with
   * what the profiles were before, it would still be permitted.
   */
  public Optional<String> postureFault(
      DeviceAccess before, String host, int port, org.postern.tunnel.message.Transport transport) {
    Map<String, Truth> old = before.subject.facts().posture();
    List<ProfileResult> turned =
        postures.stream().filter(result -> PostureWords.hasTurned(result, old)).toList();
    if (turned.isEmpty()) {
      return Optional.empty();
    }
    DeviceAccess otherwise =
        new DeviceAccess(
            snapshot,
            snapshot.subject(
                subject.userId(), subject.deviceId(), subject.facts().withPosture(old)),
            postures,
            clock,
            log);
    return otherwise.review(host, port, transport) instanceof Verdict.Permitted
        ? Optional.of(PostureWords.turned(turned, old))
        : Optional.empty();
  }

  /** Has a decision of this moment kept, under the id that the person sees. Never blocks. */
  public void keep(
      String decisionId, String host, int port, org.postern.tunnel.message.Transport transport) {
    keep(decisionId, DecisionLog.Occasion.FLOW, host, port, carrier(transport));
  }

  private void keep(
      String decisionId,
      DecisionLog.Occasion occasion,
      String host,
      int port,
      Transport transport) {
    log.decided(
        new DecisionLog.Note(
            decisionId, occasion, clock.millis(), snapshot, subject, host, port, transport, ""));
  }

  /** What a person wants to know of: a host and a port, which may be 0. */
  public record Asked(String host, int port, org.postern.tunnel.message.Transport transport) {}

  /**
   * The decision of this moment about what a person asks.
   *
   * @param port the port that it is about
   * @param bypassed the device is to leave the host alone
   */
  public record Answer(Verdict verdict, int port, boolean bypassed) {}

  /**
   * Why may, or may not, this device open a flow? The decision that {@link #decide} makes, not
   * counted, and kept under the id. Takes as long for what is forbidden as for what does not exist.
   */
  public Answer why(Asked asked, String decisionId) {
    Transport transport = carrier(asked.transport());
    int usual = snapshot.usualPort(asked.host(), transport, USUAL_PORT);
    int port = asked.port() == 0 ? usual : asked.port();
    Verdict verdict =
        verdict(snapshot.decide(subject, asked.host(), port, transport, clock.millis()));
    boolean bypassed = snapshot.isBypassed(subject, asked.host(), clock.millis());
    keep(decisionId, DecisionLog.Occasion.QUESTION, asked.host(), port, transport);
    return new Answer(verdict, port, bypassed);
  }

  /** The application that needs an approval, if that is what a target needs. */
  public Optional<String> application(
      String host, int port, org.postern.tunnel.message.Transport transport) {
    return snapshot.decide(subject, host, port, carrier(transport), clock.millis())
            instanceof Decision.RequireApproval approval
        ? Optional.of(approval.application().name())
        : Optional.empty();
  }

  /** The person, as the certificate's user id and as others know them. */
  public String userId() {
    return subject.userId();
  }

  /** The person's e-mail address; empty if there is none. */
  public String email() {
    return subject.user().map(UserRecord::email).orElse("");
  }

  /**
   * When the name plan, or what is behind a name, may change because time passes, in milliseconds
   * since the epoch; {@link Long#MAX_VALUE}: never.
   */
  public long planUntil() {
    return snapshot.reconsiderPlanAt(subject, clock.millis());
  }

  /** The same of a name that was denied; for one that does not exist, that it does not. */
  public void keepName(String decisionId, String host) {
    keep(
        decisionId,
        DecisionLog.Occasion.NAME,
        host,
        snapshot.lowestPort(host, Transport.TCP),
        Transport.TCP);
  }

  /** The same of a flow that was refused before policy was asked. */
  public void keepFault(String decisionId, String host, int port, ReasonCode fault) {
    log.decided(
        new DecisionLog.Note(
            decisionId,
            DecisionLog.Occasion.FAULT,
            clock.millis(),
            snapshot,
            subject,
            host,
            port,
            Transport.TCP,
            fault.name()));
  }

  /** Why the device may do nothing at all; empty if it is in good standing. */
  public Optional<ReasonCode> subjectFault() {
    return subject.refusal(clock.millis()).map(FlowAccess::reason);
  }

  /** When the session ends by itself. */
  public Instant expiresAt() {
    return subject.expiresAt();
  }

  /** The answer to a name question; the same for forbidden and unknown, after the same work. */
  public Resolved resolve(Resolve question) {
    String host = DeviceHosts.canonical(question.getHost());
    Optional<ResolvedName> name = snapshot.resolve(subject, host, clock.millis());
    Resolved.Builder answer =
        Resolved.newBuilder()
            .setQueryId(question.getQueryId())
            .setBypassed(snapshot.isBypassed(subject, host, clock.millis()))
            .setPolicyVersion(snapshot.version());
    name.ifPresent(found -> {
      answer
          .setPermitted(true)
          .setLanePerFlow(found.lanePerFlow())
          .addAllConnectorGroups(found.connectorGroups());
      found.tcp().forEach(range -> answer.addTcp(FlowAccess.wire(range)));
      found.udp().forEach(range -> answer.addUdp(FlowAccess.wire(range)));
    });
    return answer.build();
  }

  /** The answer to a question that was not asked of policy: nothing is there. */
  public static Resolved nothing(Resolve question) {
    return Resolved.newBuilder().setQueryId(question.getQueryId()).build();
  }

  /** Groups that serve something this device may reach. */
  public List<String> connectorGroups() {
    return snapshot.namePlan(subject, clock.millis()).connectorGroups();
  }

  /** The names that are ours to answer on this device. */
  public NamePlan namePlan() {
    org.postern.policystore.decision.NamePlan plan =
        snapshot.namePlanAndCount(subject, clock.millis());
    return NamePlan.newBuilder()
        .addAllDomains(plan.domains())
        .addAllNames(plan.names())
        .addAllCidrs(plan.cidrs())
        .addAllSearchDomains(plan.domains())
        .addAllConnectorGroups(plan.connectorGroups())
        .addAllBypassed(plan.bypassed())
        .setPolicyVersion(snapshot.version())
        .build();
  }

  /** The session as the person should see it. */
  public SessionState sessionState() {
    SessionState.Builder state =
        SessionState.newBuilder().setUserName(subject.user().map(user -> user.email()).orElse(""));
    subject
        .session()
        .ifPresent(session -> state.setExpiresUnixMillis(session.expiresAt().toEpochMilli()));
    Optional<DenyReason> refusal = subject.refusal(clock.millis());
    if (refusal.isEmpty()) {
      return state.setState(SessionState.State.STATE_ACTIVE).build();
    }
    SessionState.State kind =
        switch (refusal.get()) {
          case SESSION_EXPIRED, SESSION_REVOKED -> SessionState.State.STATE_SIGN_IN_NEEDED;
          case USER_DISABLED,
              DEVICE_REVOKED,
              CONNECTOR_REVOKED,
              POLICY_NO_RULE,
              POLICY_DENIED,
              POLICY_STEP_UP,
              POLICY_APPROVAL_REQUIRED ->
              SessionState.State.STATE_DISABLED;
        };
    return state.setState(kind).setReason(FlowAccess.reason(refusal.get())).build();
  }

  private static Obligations wire(org.postern.policystore.Obligations obligations) {
    return Obligations.newBuilder()
        .setIdleTimeoutSeconds((int) obligations.idleTimeout().toSeconds())
        .setAgeMaxSeconds((int) obligations.ageMax().toSeconds())
        .setAllowLoopback(obligations.allowLoopback())
        .setAllowLinkLocal(obligations.allowLinkLocal())
        .setLanePerFlow(obligations.lanePerFlow())
        .build();
  }
}

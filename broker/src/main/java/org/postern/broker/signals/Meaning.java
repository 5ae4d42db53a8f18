package org.postern.broker.signals;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.postern.broker.signin.oidc.EventTokens;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.SignalEffect;
import org.postern.policystore.SignalEffect.Account;
import org.postern.policystore.SignalEffect.Compliance;
import org.postern.policystore.SignalEffect.EndSessions;
import org.postern.policystore.SignalEffect.Nothing;
import org.postern.policystore.SignalEffect.Risk;
import org.postern.policystore.SignalEffect.StreamStatus;
import org.postern.policystore.SignalEffect.Verification;
import org.postern.policystore.SignalStream;

/**
 * What an event asks us to do: OpenID CAEP 1.0, RISC 1.0, SSF 1.0. What takes something away is
 * done to everybody whom the subject may mean; what gives something back only if it means one.
 */
final class Meaning {
  private static final String ROOT = "https://schemas.openid.net/secevent/";
  private static final String CAEP = ROOT + "caep/event-type/";
  private static final String RISC = ROOT + "risc/event-type/";
  private static final String SSF = ROOT + "ssf/event-type/";
  private static final String SSE = ROOT + "sse/event-type/";

  private final SignalLimits limits;

  Meaning(SignalLimits limits) {
    this.limits = limits;
  }

  SignalEffect of(SignalStream stream, EventTokens.Event event, Concerned who) {
    Map<String, ?> said = event.payload();
    return switch (event.event()) {
      case CAEP + "session-revoked" -> end(who, session(who));
      case RISC + "sessions-revoked",
          RISC + "account-credential-change-required",
          RISC + "credential-compromise" ->
          end(who, "");
      case CAEP + "credential-change" ->
          "create".equals(word(said, "change_type"))
              ? new Nothing("a new credential takes none away")
              : end(who, "");
      case CAEP + "assurance-level-change" ->
          "increase".equals(word(said, "change_direction"))
              ? new Nothing("assurance went up")
              : end(who, "");
      case CAEP + "device-compliance-change" -> compliance(who, word(said, "current_status"));
      case CAEP + "risk-level-change" -> risk(who, said);
      case RISC + "account-disabled", RISC + "account-purged" ->
          who.users().isEmpty() ? nobody() : new Account(who.users(), true);
      case RISC + "account-enabled" -> enabled(who);
      case SSF + "verification", SSE + "verification" ->
          isOf(stream, who) ? new Verification(text(said, "state")) : anotherStream();
      case SSF + "stream-updated", SSE + "stream-updated" ->
          isOf(stream, who)
              ? new StreamStatus(word(said, "status"), text(said, "reason"))
              : anotherStream();
      case String other -> new Nothing("unknown event");
    };
  }

  private static SignalEffect end(Concerned who, String session) {
    return who.users().isEmpty() && session.isEmpty()
        ? nobody()
        : new EndSessions(who.users(), session);
  }

  /** Keycloak says ALL when an administrator signs a person out everywhere. */
  private static String session(Concerned who) {
    return who.session().equals("ALL") && !who.users().isEmpty() ? "" : who.session();
  }

  private static SignalEffect enabled(Concerned who) {
    return switch (who.users().size()) {
      case 0 -> nobody();
      case 1 -> new Account(who.users(), false);
      default -> new Nothing("more than one person is meant");
    };
  }

  private static SignalEffect compliance(Concerned who, String status) {
    if (who.device().isEmpty()) {
      return new Nothing("no device of ours");
    }
    return switch (status) {
      case "compliant" -> new Compliance(who.device(), true);
      case "not-compliant", "not_compliant", "noncompliant" -> new Compliance(who.device(), false);
      default -> new Nothing("unknown status of the device");
    };
  }

  /** CAEP 1.0, 3.8: the principal of whom the level is, and the level that holds now. */
  private SignalEffect risk(Concerned who, Map<String, ?> said) {
    RiskLevel level =
        switch (word(said, "current_level")) {
          case "low" -> RiskLevel.LOW;
          case "medium" -> RiskLevel.MEDIUM;
          case "high" -> RiskLevel.HIGH;
          default -> null;
        };
    if (level == null) {
      return new Nothing("unknown risk level");
    }
    String reason = text(said, "risk_reason");
    return switch (word(said, "principal")) {
      case "device" ->
          who.device().isEmpty()
              ? new Nothing("no device of ours")
              : new Risk(List.of(), who.device(), level, reason);
      case "user" -> userRisk(who, level, reason);
      default -> new Nothing("risk of something that is no user and no device");
    };
  }

  private static SignalEffect userRisk(Concerned who, RiskLevel level, String reason) {
    if (who.users().isEmpty()) {
      return nobody();
    }
    // A lower level may give something back, so it has to be clear whose it is.
    return who.users().size() > 1 && level != RiskLevel.HIGH
        ? new Nothing("more than one person is meant")
        : new Risk(who.users(), "", level, reason);
  }

  private static SignalEffect nobody() {
    return new Nothing("nobody here");
  }

  private static SignalEffect anotherStream() {
    return new Nothing("about another stream");
  }

  private static boolean isOf(SignalStream stream, Concerned who) {
    return stream.streamId().isEmpty()
        || who.opaque().isEmpty()
        || who.opaque().equals(stream.streamId());
  }

  private String word(Map<String, ?> said, String name) {
    return text(said, name).toLowerCase(Locale.ROOT);
  }

  private String text(Map<String, ?> said, String name) {
    return said.get(name) instanceof String text
            && text.length() <= limits.textMax()
            && text.chars().noneMatch(Character::isISOControl)
        ? text
        : "";
  }
}

package org.postern.broker.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postern.policystore.Authentication;
import org.postern.policystore.Demand;
import org.postern.policystore.SessionRecord.SignInMethod;

/** What a sign-in is asked for, and whether it came about. */
final class DemandsTest {
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
  private static final Duration SKEW = Duration.ofSeconds(60);

  private static Demand of(Map<String, String> sent) throws SignInException {
    return Demands.of(name -> Optional.ofNullable(sent.get(name)), NOW);
  }

  private static Authentication said(Instant at, String context) {
    return new Authentication(new SignInMethod(context, List.of()), at, "");
  }

  private static void refused(SignInFault fault, ThrowingCallable what) {
    assertThatThrownBy(what)
        .isInstanceOfSatisfying(SignInException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }

  @Test
  void askingForNothingIsMetByAnything() throws Exception {
    assertThat(of(Map.of())).isEqualTo(Demand.NONE);
    assertThatCode(() -> Demands.check(Demand.NONE, Authentication.UNKNOWN, SKEW))
        .doesNotThrowAnyException();
  }

  @Test
  void newProofMustBeNewerThanTheQuestion() throws Exception {
    Demand again = of(Map.of("max_age", "0"));
    assertThat(again.since()).isEqualTo(NOW);
    assertThatCode(() -> Demands.check(again, said(NOW.minus(SKEW), ""), SKEW))
        .doesNotThrowAnyException();
    refused(
        SignInFault.NOT_FRESH,
        () -> Demands.check(again, said(NOW.minus(SKEW).minusMillis(1), ""), SKEW));
  }

  @Test
  void providerThatDoesNotSayWhenHasNotAskedAgain() {
    refused(
        SignInFault.NOT_FRESH,
        () -> Demands.check(new Demand(NOW, ""), Authentication.UNKNOWN, SKEW));
  }

  @Test
  void contextIsMetToTheLetter() throws Exception {
    Demand strong = of(Map.of("acr_values", "urn:mfa"));
    assertThatCode(() -> Demands.check(strong, said(NOW, "urn:mfa"), SKEW))
        .doesNotThrowAnyException();
    for (String other : List.of("", "urn:mfa2", "URN:MFA")) {
      refused(SignInFault.CONTEXT_NOT_MET, () -> Demands.check(strong, said(NOW, other), SKEW));
    }
  }

  @Test
  void demandSurvivesThePageThatAsksForAProvider() throws Exception {
    Demand demand = of(Map.of("max_age", "300", "acr_values", "urn:mfa"));
    assertThat(of(Demands.fields(demand, NOW))).isEqualTo(demand);
  }

  @Test
  void nonsenseIsRefused() {
    for (Map<String, String> sent :
        List.of(
            Map.of("max_age", "-1"),
            Map.of("max_age", "soon"),
            Map.of("acr_values", "two values"),
            Map.of("acr_values", ""),
            Map.of("acr_values", "x".repeat(256)))) {
      refused(SignInFault.REQUEST_INVALID, () -> of(sent));
    }
  }
}

package org.postern.broker.signin.saml;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.opensaml.saml.saml2.core.Assertion;
import org.opensaml.saml.saml2.core.Audience;
import org.opensaml.saml.saml2.core.AudienceRestriction;
import org.opensaml.saml.saml2.core.AuthnStatement;
import org.opensaml.saml.saml2.core.Conditions;
import org.opensaml.saml.saml2.core.Issuer;
import org.opensaml.saml.saml2.core.NameIDType;
import org.opensaml.saml.saml2.core.Subject;
import org.opensaml.saml.saml2.core.SubjectConfirmation;
import org.opensaml.saml.saml2.core.SubjectConfirmationData;
import org.postern.broker.signin.SignIn;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * What a signed assertion must say to be believed (SAML 2.0 Profiles section 4.1.4.3): by our
 * provider, for us, at our address, now, and by whom and how. Safe on any thread.
 */
final class AssertionCheck {
  private static final List<String> CONDITIONS =
      List.of("AudienceRestriction", "OneTimeUse", "ProxyRestriction");

  private final String issuer;
  private final ServicePlaces places;
  private final PersonReader people;
  private final boolean mustBeFresh;
  private final SignInLimits limits;
  private final InstantSource clock;

  /**
   * For one provider.
   *
   * @param issuer its entity ID
   * @param mustBeFresh the person must have been asked again for this sign-in
   */
  AssertionCheck(
      String issuer,
      ServicePlaces places,
      PersonReader people,
      boolean mustBeFresh,
      SamlSettings settings) {
    this.issuer = issuer;
    this.places = places;
    this.people = people;
    this.mustBeFresh = mustBeFresh;
    this.limits = settings.signIn();
    this.clock = settings.clock();
  }

  VerifiedResponse check(Assertion assertion) throws SignInException {
    Element element = assertion.getDOM();
    if (element == null) {
      throw new SignInException(SignInFault.SAML_SHAPE, "an assertion without its element");
    }
    AssertionShape.check(element);
    checkIssuer(assertion);
    Instant until = checkConditions(assertion.getConditions());
    Subject subject = assertion.getSubject();
    if (subject == null) {
      throw new SignInException(SignInFault.SAML_SUBJECT, "no subject");
    }
    SubjectConfirmationData confirmed = confirmation(subject);
    AuthnStatement statement = statement(assertion);
    Instant later = confirmed.getNotOnOrAfter();
    String answers = confirmed.getInResponseTo();
    return new VerifiedResponse(
        people.read(subject, statement, assertion),
        answers == null ? "" : answers,
        id(assertion),
        (later != null && later.isAfter(until) ? later : until).plus(limits.clockSkew()));
  }

  private static String id(Assertion assertion) throws SignInException {
    String id = assertion.getID();
    if (id == null || id.isEmpty() || id.length() > 256) {
      throw new SignInException(SignInFault.SAML_SHAPE, "an assertion without a usable ID");
    }
    return id;
  }

  private void checkIssuer(Assertion assertion) throws SignInException {
    Issuer said = assertion.getIssuer();
    String format = said == null ? null : said.getFormat();
    boolean fits =
        said != null
            && issuer.equals(said.getValue())
            && (format == null || NameIDType.ENTITY.equals(format));
    if (!fits) {
      throw new SignInException(
          SignInFault.SAML_ISSUER,
          "issuer is %s (expected: %s)"
              .formatted(
                  said == null ? "missing" : SignIn.printable(String.valueOf(said.getValue())),
                  issuer));
    }
    if (assertion.getVersion() == null || !"2.0".equals(assertion.getVersion().toString())) {
      throw new SignInException(SignInFault.SAML_SHAPE, "not of version 2.0");
    }
    checkNotAhead("issued", assertion.getIssueInstant());
  }

  private void checkNotAhead(String what, @Nullable Instant time) throws SignInException {
    if (time == null || time.isAfter(clock.instant().plus(limits.clockSkew()))) {
      throw new SignInException(SignInFault.SAML_TIME, what + " at " + time);
    }
  }

  /** Until when; every condition must be one that we know. */
  private Instant checkConditions(@Nullable Conditions conditions) throws SignInException {
    if (conditions == null) {
      throw new SignInException(SignInFault.SAML_AUDIENCE, "no conditions, so for anybody");
    }
    Instant from = conditions.getNotBefore();
    Instant until = conditions.getNotOnOrAfter();
    Instant now = clock.instant();
    if ((from != null && from.isAfter(now.plus(limits.clockSkew())))
        || (until != null && !now.isBefore(until.plus(limits.clockSkew())))) {
      throw new SignInException(
          SignInFault.SAML_TIME, "valid from %s until %s, it is %s".formatted(from, until, now));
    }
    List<AudienceRestriction> restrictions = conditions.getAudienceRestrictions();
    if (restrictions.isEmpty() || !restrictions.stream().allMatch(this::isForUs)) {
      throw new SignInException(SignInFault.SAML_AUDIENCE, "audience is not " + places.entityId());
    }
    checkKnown(conditions);
    return until == null ? now : until;
  }

  /** A condition that we do not know cannot be kept. The element says what the object may not. */
  private static void checkKnown(Conditions conditions) throws SignInException {
    Element element = conditions.getDOM();
    Node child = element == null ? null : element.getFirstChild();
    for (; child != null; child = child.getNextSibling()) {
      boolean known =
          !(child instanceof Element) || CONDITIONS.stream().anyMatch(isOf(child, Dom.ASSERTION));
      if (!known) {
        throw new SignInException(SignInFault.SAML_SHAPE, "a condition that we do not know");
      }
    }
  }

  private static Predicate<String> isOf(Node node, String namespace) {
    return name -> Dom.is(node, namespace, name);
  }

  private boolean isForUs(AudienceRestriction restriction) {
    return restriction.getAudiences().stream()
        .map(Audience::getURI)
        .anyMatch(places.entityId()::equals);
  }

  /** The bearer confirmation that fits; the refusal of the last one that does not. */
  private SubjectConfirmationData confirmation(Subject subject) throws SignInException {
    SignInException last =
        new SignInException(SignInFault.SAML_RECIPIENT, "no bearer confirmation");
    for (SubjectConfirmation each : subject.getSubjectConfirmations()) {
      SubjectConfirmationData data = each.getSubjectConfirmationData();
      if (SubjectConfirmation.METHOD_BEARER.equals(each.getMethod()) && data != null) {
        Optional<SignInException> wrong = refusal(data);
        if (wrong.isEmpty()) {
          return data;
        }
        last = wrong.get();
      }
    }
    throw last;
  }

  private Optional<SignInException> refusal(SubjectConfirmationData data) {
    String recipient = data.getRecipient();
    if (recipient == null || !places.isConsumer(recipient)) {
      return Optional.of(
          new SignInException(
              SignInFault.SAML_RECIPIENT,
              "recipient is %s (expected: %s)"
                  .formatted(
                      recipient == null ? "missing" : SignIn.printable(recipient),
                      places.consumers())));
    }
    Instant until = data.getNotOnOrAfter();
    Instant from = data.getNotBefore();
    Instant now = clock.instant();
    boolean fits =
        until != null
            && now.isBefore(until.plus(limits.clockSkew()))
            && (from == null || !from.isAfter(now.plus(limits.clockSkew())));
    return fits
        ? Optional.empty()
        : Optional.of(
            new SignInException(
                SignInFault.SAML_TIME, "confirmed until %s, it is %s".formatted(until, now)));
  }

  private AuthnStatement statement(Assertion assertion) throws SignInException {
    List<AuthnStatement> statements = assertion.getAuthnStatements();
    if (statements.isEmpty()) {
      throw new SignInException(
          SignInFault.SAML_SUBJECT, "nothing is said of how the person signed in");
    }
    AuthnStatement statement = statements.getFirst();
    Instant now = clock.instant();
    Instant at = statement.getAuthnInstant();
    checkNotAhead("authenticated", at);
    Instant end = statement.getSessionNotOnOrAfter();
    if (end != null && !now.isBefore(end.plus(limits.clockSkew()))) {
      throw new SignInException(SignInFault.SAML_TIME, "the session ended at " + end);
    }
    if (mustBeFresh && at.isBefore(now.minus(limits.signInAge()).minus(limits.clockSkew()))) {
      throw new SignInException(
          SignInFault.SAML_STALE, "authenticated at %s, it is %s".formatted(at, now));
    }
    return statement;
  }
}

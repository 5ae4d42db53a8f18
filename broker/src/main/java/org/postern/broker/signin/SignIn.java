package org.postern.broker.signin;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.Demand;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Audience;
import org.postern.policystore.UserRecord;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.DeviceCodes;
import org.postern.policystore.jdbc.ProviderNotes;
import org.postern.policystore.jdbc.SignIns;
import org.postern.policystore.jdbc.Users;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a person signs in on a device: the device opens a browser here, we send it to the identity
 * provider, and with what comes back to the device's loopback address the device enrolls.
 *
 * <pre>
 * device -&gt; browser: /signin/device -&gt; provider -&gt; here -&gt; http://127.0.0.1:PORT/?code
 * </pre>
 *
 * <p>The browser that comes back must be the one that left. Blocking; safe on any thread.
 */
public final class SignIn {
  private static final Logger LOG = LoggerFactory.getLogger(SignIn.class);
  private static final int STATE_MAX = 512;

  /** What a sign-in remembers that is for a device with a code, before the code. */
  private static final String CODED = "code ";

  /** Where sign-ins and people are kept. */
  public record Repositories(
      SignIns signIns, Users users, ProviderNotes notes, DeviceCodes codes, TestTickets tickets) {}

  /**
   * A device without a browser, for which somebody typed its code.
   *
   * @param code as it is known
   * @param shown as people read it
   */
  record Coded(String code, String shown, String deviceName, Demand demand) {}

  private final Providers providers;
  private final Repositories stored;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final SignInJournal journal;
  private final Admission admission;
  private final Departures departures;
  private final AdministratorSignIn administrators;

  /**
   * Over the providers.
   *
   * @param entry where administrators get their session
   */
  public SignIn(
      Providers providers,
      Repositories stored,
      SignInLimits limits,
      InstantSource clock,
      SecureRandom random,
      AuditLog audit,
      AdministratorEntry entry) {
    this.providers = providers;
    this.stored = stored;
    this.limits = limits;
    this.clock = clock;
    this.journal = new SignInJournal(audit);
    this.departures = new Departures(providers, stored.signIns(), limits, clock, random);
    this.admission = new Admission(providers, stored.notes(), stored.users());
    this.administrators = new AdministratorSignIn(admission, departures, entry);
  }

  SignInJournal journal() {
    return journal;
  }

  /**
   * Its routes.
   *
   * @param beginnings lets one address begin so many that others can begin, too
   */
  public List<Route> routes(Route.Gate beginnings) {
    return List.of(
        Route.get("/signin/device", beginnings, (head, body) -> page(() -> begin(head))),
        Route.get("/signin/test", beginnings, (head, body) -> page(() -> test(head))),
        Route.get(AdministratorSignIn.PATH, beginnings, (head, body) -> administrators.begin(head)),
        Route.get(Pages.STYLE_PATH, Route.Gate.OPEN, (head, body) -> Pages.style()));
  }

  /** One step of a sign-in. */
  @FunctionalInterface
  public interface Step {
    /** The next page. */
    Reply run() throws SignInException;
  }

  /** The step's page, or the one that says why not. */
  public static Reply page(Step step) {
    try {
      return step.run();
    } catch (SignInException e) {
      LOG.info("sign-in refused: {}: {}", e.fault().code(), e.getMessage());
      return Pages.fault(e.fault());
    }
  }

  private Reply begin(Head head) throws SignInException {
    DeviceRequest request = DeviceRequest.of(head, clock.instant());
    List<IdentityProvider> all = providers.of(Audience.USERS);
    if (all.isEmpty()) {
      throw new SignInException(SignInFault.NO_PROVIDER, "no identity provider is configured");
    }
    Optional<String> chosen = head.parameter("provider");
    Optional<String> email = head.parameter("email");
    if (chosen.isEmpty() && email.isEmpty() && all.size() > 1) {
      return Pages.choose(request, all, "");
    }
    if (chosen.isEmpty() && email.isPresent()) {
      String address = email.get().strip();
      Optional<IdentityProvider> found = departures.forAddress(address, Audience.USERS);
      return found.isPresent()
          ? depart(request, found.get().name(), address)
          : Pages.choose(request, all, address);
    }
    return depart(request, chosen.orElse(all.getFirst().name()), "");
  }

  /** Somebody typed a device's code: on to the provider, or first the question to which one. */
  Reply beginForCode(Coded device, Optional<String> chosen, Optional<String> email)
      throws SignInException {
    List<IdentityProvider> all = providers.of(Audience.USERS);
    if (all.isEmpty()) {
      throw new SignInException(SignInFault.NO_PROVIDER, "no identity provider is configured");
    }
    String address = email.orElse("").strip();
    Optional<String> name =
        chosen.isPresent()
            ? chosen
            : !address.isEmpty()
                ? departures.forAddress(address, Audience.USERS).map(IdentityProvider::name)
                : all.size() == 1 ? Optional.of(all.getFirst().name()) : Optional.empty();
    if (name.isEmpty()) {
      return CodePages.choose(device.shown(), device.deviceName(), all, address);
    }
    return departures.depart(
        name.get(),
        address,
        device.demand(),
        Audience.USERS,
        (provider, attempt) ->
            stored
                .codes()
                .attach(
                    device.code(),
                    new DeviceCodes.Way(
                        attempt.state(),
                        provider,
                        attempt.nonce(),
                        attempt.verifier(),
                        CODED + device.shown())));
  }

  /** A sign-in that ends on a page which shows what the provider said, and changes nothing. */
  private Reply test(Head head) throws SignInException {
    String provider = head.parameter("provider").orElse("");
    if (!stored.tickets().isGood(head.parameter("ticket").orElse(""), provider)) {
      throw new SignInException(SignInFault.TEST_TICKET, "test sign-in without a good ticket");
    }
    return depart(
        new DeviceRequest("", "", "", "test", Demand.NONE, clock.instant()), provider, "");
  }

  private Reply depart(DeviceRequest to, String name, String hint) throws SignInException {
    return departures.depart(
        name,
        hint,
        to.demand(),
        to.redirect().isEmpty() ? null : Audience.USERS,
        departures.noting(to.toReturn(), to.demand()));
  }

  /** Judges what came back from the provider. */
  @FunctionalInterface
  public interface Arrival {
    /** Who it is. */
    Asserted judge(SignIns.Returning returning) throws SignInException;
  }

  /**
   * A browser comes back from a provider.
   *
   * @param state what it carried
   * @param provider to which address it came back; empty when it is one for all
   * @param arrival judges the rest, once the state is known to be this browser's
   */
  public Reply arrive(Head head, String state, String provider, Arrival arrival)
      throws SignInException {
    SignIns.Returning returning;
    try {
      returning = returning(head, state);
    } catch (SignInException e) {
      journal.refused(head, provider, e);
      throw e;
    }
    if (AdministratorSignIn.isMeant(returning)) {
      return administrators
          .arrive(head, returning, () -> judge(returning, provider, arrival))
          .withCookie(StateCookie.clear(state));
    }
    boolean coded = returning.device().state().startsWith(CODED);
    Reply reply;
    try {
      Asserted asserted = judge(returning, provider, arrival);
      if (coded) {
        // The browser is asked once more: its cookie stays.
        return confirm(head, state, returning, asserted);
      }
      if (returning.device().redirect().isEmpty()) {
        reply = shown(returning.provider(), asserted);
      } else {
        UserRecord user = admit(head, returning.provider(), asserted);
        reply = toDevice(state, returning, user, asserted);
      }
    } catch (SignInException e) {
      LOG.info("sign-in refused: {}: {}", e.fault().code(), e.getMessage());
      journal.refused(head, returning.provider(), e);
      if (coded) {
        stored.codes().fail(state, e.fault().title() + " (" + e.fault().code() + ")");
      }
      if (isTest(returning)) {
        stored.notes().refused(returning.provider(), e.forAdministrator());
      }
      reply =
          returning.device().redirect().isEmpty()
              ? isTest(returning) ? Pages.testRefused(e) : Pages.fault(e.fault())
              : Pages.faultAtDevice(e.fault(), refusal(returning.device(), e.fault()));
    }
    return reply.withCookie(StateCookie.clear(state));
  }

  /** Whether an administrator began it, to see what the provider says. */
  public static boolean isTest(SignIns.Returning returning) {
    return returning.device().redirect().isEmpty() && !returning.device().state().startsWith(CODED);
  }

  private Asserted judge(SignIns.Returning returning, String provider, Arrival arrival)
      throws SignInException {
    if (!provider.isEmpty() && !provider.equals(returning.provider())) {
      throw new SignInException(
          SignInFault.RESPONSE_ISSUER,
          "sent to %s, came back from %s".formatted(returning.provider(), provider));
    }
    Asserted asserted = arrival.judge(returning);
    Demands.check(returning.demand(), asserted.authentication(), limits.clockSkew());
    return asserted;
  }

  private SignIns.Returning returning(Head head, String state) throws SignInException {
    boolean known =
        !state.isEmpty() && state.length() <= STATE_MAX && stored.signIns().isKnown(state);
    if (!known) {
      throw new SignInException(SignInFault.UNSOLICITED, "state that is nobody's");
    }
    if (!StateCookie.isSameBrowser(head, state)) {
      throw new SignInException(SignInFault.STATE_UNKNOWN, "state without its browser's cookie");
    }
    return stored
        .signIns()
        .complete(state)
        .orElseThrow(() ->
            new SignInException(SignInFault.STATE_UNKNOWN, "state is unknown, used or expired"));
  }

  private Reply confirm(Head head, String state, SignIns.Returning returning, Asserted asserted)
      throws SignInException {
    UserRecord user = admit(head, returning.provider(), asserted);
    DeviceCodes.Asked asked =
        stored
            .codes()
            .identify(state, new SignIns.SignedIn(user.id(), asserted.authentication()))
            .orElseThrow(
                () -> new SignInException(SignInFault.STATE_UNKNOWN, "the device waits no more"));
    return CodePages.confirm(
        state,
        returning.device().state().substring(CODED.length()),
        asked,
        user.email().isEmpty() ? user.name() : user.email());
  }

  private Reply shown(String name, Asserted asserted) throws SignInException {
    IdentityProvider provider =
        providers
            .find(name)
            .map(ProviderClient::provider)
            .orElseThrow(
                () -> new SignInException(SignInFault.PROVIDER_UNKNOWN, "removed meanwhile"));
    admission.note(provider, asserted);
    stored.notes().worked(name);
    return Pages.said(asserted);
  }

  /** The waiting device learns of it too (RFC 6749 section 4.1.2.1). */
  private static String refusal(SignIns.DeviceReturn device, SignInFault fault) {
    return device.redirect()
        + "?error=access_denied&error_description="
        + encode("%s. %s (%s)".formatted(fault.title(), fault.advice(), fault.code()))
        + "&state="
        + encode(device.state());
  }

  /**
   * The user of what a provider asserts. Keyed by the provider and its own name for the person;
   * never by an e-mail address.
   */
  public UserRecord admit(Head head, String name, Asserted asserted) throws SignInException {
    IdentityProvider provider = admission.provider(name, Audience.USERS);
    admission.note(provider, asserted);
    UserRecord user = admission.user(provider, asserted);
    journal.signedIn(head, user, asserted.authentication());
    LOG.info("user {} signed in through {}", user.id(), name);
    return user;
  }

  private Reply toDevice(
      String state, SignIns.Returning returning, UserRecord user, Asserted asserted)
      throws SignInException {
    String code = departures.secret();
    SignIns.SignedIn who = new SignIns.SignedIn(user.id(), asserted.authentication());
    if (!stored.signIns().issueCode(state, who, code, limits.codeAge())) {
      throw new SignInException(SignInFault.STATE_UNKNOWN, "sign-in has a code already");
    }
    SignIns.DeviceReturn device = returning.device();
    return Reply.redirect(
        device.redirect() + "?code=" + encode(code) + "&state=" + encode(device.state()));
  }

  /** What a stranger wrote, fit for one line of a log. */
  public static String printable(String text) {
    return text.substring(0, Math.min(text.length(), 64)).replaceAll("[^\\x20-\\x7e]", "?");
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}

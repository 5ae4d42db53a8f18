package org.postern.broker.signin;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.Demand;
import org.postern.policystore.ShownText;
import org.postern.policystore.UserRecord;
import org.postern.policystore.jdbc.DeviceCodes;

/**
 * Sign-in for devices without a browser (RFC 8628): the broker is the authorization server of its
 * own client. The device asks for two codes, shows one to the person and polls with the other; what
 * it gets in the end is the one-time code that enrolls it, worth nothing without its own verifier.
 * Blocking; safe on any thread.
 */
public final class DeviceCodeDoor {
  static final String PAGE = "/device";
  private static final String ASK = "/signin/code";
  private static final String POLL = "/signin/code/token";
  private static final String CLIENT = "postern";
  private static final String GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code";
  private static final int FORM_BYTES_MAX = 4 * 1024;
  private static final int SECRET_BYTES = 32;

  /** No vowels, so that no words come of it; 20^8 is 34 bits (RFC 8628 section 6.1). */
  private static final String LETTERS = "BCDFGHJKLMNPQRSTVWXZ";

  private static final int HALF = 4;
  private static final Pattern USER_CODE = Pattern.compile("[" + LETTERS + "]{8}");
  private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");
  private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl}]{1,64}");
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final SignIn signIn;
  private final DeviceCodes codes;
  private final AddressRate guesses;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final SecureRandom random;
  private final String publicUrl;

  /**
   * Over what it needs.
   *
   * @param guesses holds an address to few codes
   * @param publicUrl where browsers reach this broker
   */
  public DeviceCodeDoor(
      SignIn signIn,
      DeviceCodes codes,
      AddressRate guesses,
      SignInLimits limits,
      InstantSource clock,
      SecureRandom random,
      String publicUrl) {
    this.signIn = signIn;
    this.codes = codes;
    this.guesses = guesses;
    this.limits = limits;
    this.clock = clock;
    this.random = random;
    this.publicUrl = publicUrl;
  }

  /**
   * Its routes.
   *
   * @param asks lets so many devices of one address wait that those of others can wait, too
   * @param polls lets devices that wait ask often, but not without end
   */
  public List<Route> routes(Route.Gate rate, Route.Gate asks, Route.Gate polls) {
    return List.of(
        Route.post(ASK, FORM_BYTES_MAX, asks, this::ask),
        Route.post(POLL, FORM_BYTES_MAX, polls, this::poll),
        Route.get(PAGE, rate, (head, body) -> CodePages.ask(shown(head), false)),
        Route.post(
            PAGE, FORM_BYTES_MAX, rate, (head, body) -> SignIn.page(() -> typed(head, body))),
        Route.post(
            PAGE + "/confirm",
            FORM_BYTES_MAX,
            rate,
            (head, body) -> SignIn.page(() -> confirmed(head, body))));
  }

  // -- the device

  private Reply ask(Head head, byte[] body) {
    try {
      FormBody form = FormBody.parse(body);
      String challenge = form.field("code_challenge").orElse("");
      String name = form.field("device_name").orElse("device").strip();
      boolean good =
          CLIENT.equals(form.field("client_id").orElse(""))
              && "S256".equals(form.field("code_challenge_method").orElse(""))
              && CHALLENGE.matcher(challenge).matches()
              && NAME.matcher(name).matches();
      if (!good) {
        return error(
            "invalid_request",
            "expected: client_id=postern, code_challenge of method S256, device_name");
      }
      Demand demand = Demands.of(form::field, clock.instant());
      String deviceCode = secret();
      String userCode = userCode();
      boolean noted =
          codes.ask(
              deviceCode,
              userCode,
              new DeviceCodes.Asked(
                  ShownText.of(name), challenge, head.from().getHostAddress(), demand),
              clock.instant().plus(limits.signInAge()));
      if (!noted) {
        return error("temporarily_unavailable", "too many devices sign in; try again in a minute");
      }
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("device_code", deviceCode);
      answer.put("user_code", pretty(userCode));
      answer.put("verification_uri", publicUrl + PAGE);
      answer.put("verification_uri_complete", publicUrl + PAGE + "?user_code=" + pretty(userCode));
      answer.put("expires_in", limits.signInAge().toSeconds());
      answer.put("interval", INTERVAL.toSeconds());
      return Reply.json(200, answer).with("Cache-Control", "no-store");
    } catch (SignInException e) {
      return error("invalid_request", "the form cannot be read");
    }
  }

  private Reply poll(Head head, byte[] body) {
    try {
      FormBody form = FormBody.parse(body);
      String deviceCode = form.field("device_code").orElse("");
      if (!GRANT_TYPE.equals(form.field("grant_type").orElse(""))
          || !CLIENT.equals(form.field("client_id").orElse(""))
          || deviceCode.isEmpty()) {
        return error("invalid_request", "expected: grant_type, client_id=postern, device_code");
      }
      String code = secret();
      return switch (codes.poll(deviceCode, code, limits.codeAge())) {
        case DeviceCodes.Poll.Pending() -> error("authorization_pending", "nobody approved it yet");
        case DeviceCodes.Poll.SlowDown() -> error("slow_down", "wait five seconds longer");
        case DeviceCodes.Poll.Refused(String why) -> error("access_denied", why);
        case DeviceCodes.Poll.Expired() -> error("expired_token", "it is over; begin anew");
        case DeviceCodes.Poll.Approved() ->
            Reply.json(200, Map.of("code", code)).with("Cache-Control", "no-store");
      };
    } catch (SignInException e) {
      return error("invalid_request", "the form cannot be read");
    }
  }

  private static Reply error(String code, String description) {
    return Reply.json(400, Map.of("error", code, "error_description", description))
        .with("Cache-Control", "no-store");
  }

  // -- the person

  /** The code of a link is shown, and typed by nobody but the person's own click. */
  private static String shown(Head head) {
    String code = plain(head.parameter("user_code").orElse(""));
    return USER_CODE.matcher(code).matches() ? pretty(code) : "";
  }

  private Reply typed(Head head, byte[] body) throws SignInException {
    FormBody form = FormBody.parse(body);
    String code = plain(form.field("user_code").orElse(""));
    if (!guesses.tryTake(head.from())) {
      throw new SignInException(SignInFault.TOO_MANY, "too many codes from one address");
    }
    Optional<DeviceCodes.Asked> asked =
        USER_CODE.matcher(code).matches() ? codes.find(code) : Optional.empty();
    if (asked.isEmpty()) {
      return CodePages.ask("", true);
    }
    return signIn.beginForCode(
        new SignIn.Coded(code, pretty(code), asked.get().deviceName(), asked.get().demand()),
        form.field("provider"),
        form.field("email"));
  }

  private Reply confirmed(Head head, byte[] body) throws SignInException {
    FormBody form = FormBody.parse(body);
    String state = form.field("state").orElse("");
    if (!StateCookie.isSameBrowser(head, state)) {
      throw new SignInException(SignInFault.STATE_UNKNOWN, "approval from another browser");
    }
    boolean yes = "approve".equals(form.field("answer").orElse(""));
    Optional<UserRecord> user =
        yes ? codes.approve(state) : codes.refuse(state, "the person said no");
    if (user.isEmpty()) {
      throw new SignInException(SignInFault.STATE_UNKNOWN, "decided before, or too late");
    }
    signIn.journal().did(head, user.get(), yes ? "device-code.approve" : "device-code.deny", "");
    Reply page =
        yes
            ? Pages.note("The device is let in", "You can close this page and go back to it.")
            : Pages.note(
                "The device is not let in",
                "If somebody asked you to do this, tell your administrator.");
    return page.withCookie(StateCookie.clear(state));
  }

  // -- codes

  private String userCode() {
    StringBuilder code = new StringBuilder();
    for (int i = 0; i < 2 * HALF; i++) {
      code.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return code.toString();
  }

  private static String pretty(String code) {
    return code.substring(0, HALF) + "-" + code.substring(HALF);
  }

  private static String plain(String typed) {
    return typed.toUpperCase(Locale.ROOT).replaceAll("[\\s-]", "");
  }

  private String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return new String(
        Base64.getUrlEncoder().withoutPadding().encode(bytes), StandardCharsets.US_ASCII);
  }
}

package org.postern.broker.signin;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.UserRecord;
import org.postern.policystore.jdbc.SignIns;
import org.postern.policystore.jdbc.Users;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a person signs in on a device: the device opens a browser here, we send it to the identity
 * provider, and with what comes back to the device's loopback address the device enrolls.
 *
 * <pre>
 * device -&gt; browser: /signin/device -&gt; provider -&gt; /signin/callback -&gt; http://127.0.0.1:PORT/?code
 * </pre>
 *
 * <p>The browser that comes back must be the one that left: it carries a cookie bound to the state.
 * Blocking; safe on any thread.
 */
public final class SignIn {
  private static final Logger LOG = LoggerFactory.getLogger(SignIn.class);
  private static final int SECRET_BYTES = 32;
  private static final int COOKIE_NAME_CHARACTERS = 16;
  private static final int PARAMETER_MAX = 4_096;

  private final Providers providers;
  private final SignIns signIns;
  private final Users users;
  private final URI callback;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final SecureRandom random;

  SignIn(
      Providers providers,
      SignIns signIns,
      Users users,
      URI callback,
      SignInLimits limits,
      InstantSource clock,
      SecureRandom random) {
    this.providers = providers;
    this.signIns = signIns;
    this.users = users;
    this.callback = callback;
    this.limits = limits;
    this.clock = clock;
    this.random = random;
  }

  /** Its routes. */
  public List<Route> routes(Route.Gate rate) {
    return List.of(
        Route.get("/signin/device", rate, (head, body) -> page(() -> begin(head))),
        Route.get("/signin/callback", rate, (head, body) -> page(() -> comeBack(head))),
        Route.get("/signin/done", Route.Gate.OPEN, (head, body) -> Pages.done()),
        Route.get(Pages.STYLE_PATH, Route.Gate.OPEN, (head, body) -> Pages.style()));
  }

  private interface Step {
    Reply run() throws SignInException;
  }

  private static Reply page(Step step) {
    try {
      return step.run();
    } catch (SignInException e) {
      LOG.info("sign-in refused: {}: {}", e.fault().code(), e.getMessage());
      return Pages.fault(e.fault());
    }
  }

  private Reply begin(Head head) throws SignInException {
    DeviceRequest request = DeviceRequest.of(head);
    List<IdentityProvider> all = providers.all();
    if (all.isEmpty()) {
      throw new SignInException(SignInFault.NO_PROVIDER, "no identity provider is configured");
    }
    Optional<String> chosen = head.parameter("provider");
    if (chosen.isEmpty() && all.size() > 1) {
      return Pages.choose(request.deviceName(), choices(request, all));
    }
    String name = chosen.orElse(all.getFirst().name());
    OidcProvider provider =
        providers
            .find(name)
            .orElseThrow(
                () -> new SignInException(SignInFault.PROVIDER_UNKNOWN, "unknown provider"));
    String state = secret();
    String nonce = secret();
    String verifier = secret();
    URI target = provider.authorization(callback, state, nonce, verifier);
    boolean noted =
        signIns.begin(
            new SignIns.Beginning(
                state,
                name,
                nonce,
                verifier,
                request.toReturn(),
                clock.instant().plus(limits.signInAge())));
    if (!noted) {
      throw new SignInException(SignInFault.TOO_MANY, "too many sign-ins are under way");
    }
    return Reply.redirect(target.toString()).with("Set-Cookie", cookie(state));
  }

  private static Map<String, String> choices(DeviceRequest request, List<IdentityProvider> all) {
    Map<String, String> links = new LinkedHashMap<>();
    for (IdentityProvider each : all) {
      links.put(
          each.name(),
          "/signin/device?redirect_uri=%s&state=%s&code_challenge=%s&code_challenge_method=S256&device_name=%s&provider=%s"
              .formatted(
                  encode(request.redirect()),
                  encode(request.state()),
                  encode(request.challenge()),
                  encode(request.deviceName()),
                  encode(each.name())));
    }
    return links;
  }

  private Reply comeBack(Head head) throws SignInException {
    String state = head.parameter("state").orElse("");
    if (state.length() > PARAMETER_MAX || !isSameBrowser(head, state)) {
      throw new SignInException(SignInFault.STATE_UNKNOWN, "state without its browser's cookie");
    }
    SignIns.Returning returning =
        signIns
            .complete(state)
            .orElseThrow(() ->
                new SignInException(
                    SignInFault.STATE_UNKNOWN, "state is unknown, used or expired"));
    OidcProvider provider =
        providers
            .find(returning.provider())
            .orElseThrow(() ->
                new SignInException(
                    SignInFault.PROVIDER_UNKNOWN, "the provider was removed meanwhile"));
    provider.checkResponseIssuer(head.parameter("iss").orElse(null));
    Optional<String> error = head.parameter("error");
    String code = head.parameter("code").orElse("");
    if (error.isPresent() || code.isEmpty() || code.length() > PARAMETER_MAX) {
      throw new SignInException(
          SignInFault.PROVIDER_REFUSED,
          "provider answered " + error.map(SignIn::printable).orElse("without a code"));
    }
    Claims claims = provider.redeem(code, callback, returning.nonce(), returning.codeVerifier());
    return toDevice(state, returning, claims);
  }

  private Reply toDevice(String state, SignIns.Returning returning, Claims claims)
      throws SignInException {
    UserRecord user =
        users.signIn(
            returning.provider(), claims.subject(), claims.email(), claims.name(), claims.groups());
    if (user.disabled()) {
      throw new SignInException(SignInFault.USER_DISABLED, "user " + user.id() + " is disabled");
    }
    String code = secret();
    if (!signIns.issueCode(state, user.id(), code, limits.codeAge())) {
      throw new SignInException(SignInFault.STATE_UNKNOWN, "sign-in has a code already");
    }
    LOG.info("user {} signed in through {}", user.id(), returning.provider());
    SignIns.DeviceReturn device = returning.device();
    return Reply.redirect(
            device.redirect() + "?code=" + encode(code) + "&state=" + encode(device.state()))
        .with(
            "Set-Cookie",
            cookieName(state) + "=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
  }

  private String cookie(String state) {
    return "%s=%s; Max-Age=%d; Path=/; Secure; HttpOnly; SameSite=Lax"
        .formatted(cookieName(state), binding(state), limits.signInAge().toSeconds());
  }

  /** One for each sign-in, so that two at once in one browser do not disturb each other. */
  private static String cookieName(String state) {
    return "__Host-signin-" + digest("name", state).substring(0, COOKIE_NAME_CHARACTERS);
  }

  private static String binding(String state) {
    return digest("browser", state);
  }

  private static boolean isSameBrowser(Head head, String state) {
    return head.cookie(cookieName(state))
        .filter(value -> IdTokenCheck.same(value, binding(state)))
        .isPresent();
  }

  private String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String digest(String purpose, String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((purpose + " " + text).getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** What a stranger wrote, fit for one line of a log. */
  private static String printable(String text) {
    return text.substring(0, Math.min(text.length(), 64)).replaceAll("[^\\x20-\\x7e]", "?");
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}

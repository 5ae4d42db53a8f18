package org.postern.broker.administrators;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.postern.broker.front.Reply;
import org.postern.policystore.jdbc.AdministratorSessions;
import org.postern.policystore.jdbc.Administrators.Administrator;

/**
 * How {@code postern admin login} gets its token: a signed-in browser lets it in, and sends a
 * one-time code to its loopback address (RFC 8252), which it redeems with its verifier (RFC 7636).
 */
final class CommandLineDesk {
  private static final String PURPOSE = "command line";
  private static final Pattern REDIRECT =
      Pattern.compile("http://(127\\.0\\.0\\.1|\\[::1]):([1-9][0-9]{0,4})/[A-Za-z0-9/_.-]{0,100}");
  private static final Pattern STATE = Pattern.compile("[A-Za-z0-9_-]{8,128}");
  private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");
  private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");
  private static final int PORT_MAX = 65_535;

  private final AdministratorStores stores;
  private final AdministratorLimits limits;
  private final SealedState states;
  private final BrowserSessions browsers;
  private final Journal journal;

  CommandLineDesk(Tools tools) {
    this.stores = tools.stores();
    this.limits = tools.limits();
    this.states = tools.states();
    this.browsers = tools.browsers();
    this.journal = tools.journal();
  }

  private static boolean isLoopback(String redirect) {
    var matcher = REDIRECT.matcher(redirect);
    return matcher.matches() && Integer.parseInt(matcher.group(2)) <= PORT_MAX;
  }

  /** The administrator said yes. */
  Reply allow(Ask ask) throws Refusal {
    AdministratorSessions.Live live = browsers.require(ask.head());
    String redirect = ask.text("redirectUri", 256);
    String state = ask.text("state", 128);
    String challenge = ask.text("codeChallenge", 64);
    if (!isLoopback(redirect)
        || !STATE.matcher(state).matches()
        || !CHALLENGE.matcher(challenge).matches()) {
      throw Refusal.badRequest(
          "The address of the command line is not a loopback address, or its state or challenge is"
              + " damaged. Run 'postern admin login' again.");
    }
    String code =
        states.seal(
            PURPOSE,
            limits.loginCode(),
            Map.of("id", live.administrator().id(), "session", live.id(), "challenge", challenge));
    return Reply.json(
        200,
        Map.of(
            "location",
            redirect
                + "?code="
                + code
                + "&state="
                + URLEncoder.encode(state, StandardCharsets.UTF_8)));
  }

  /** The command line redeems its code. No cookie, no page: the verifier is the proof. */
  Reply redeem(Ask ask) throws Refusal {
    String code = ask.text("code", SealedState.TEXT_MAX);
    String verifier = ask.text("code_verifier", 128);
    Optional<SealedState.Opened> opened = states.open(PURPOSE, code);
    boolean fits =
        opened.isPresent()
            && VERIFIER.matcher(verifier).matches()
            && MessageDigest.isEqual(
                challenge(verifier).getBytes(StandardCharsets.US_ASCII),
                opened.get().get("challenge").getBytes(StandardCharsets.UTF_8));
    // Spent even when the verifier is wrong: whoever has only the code gets one try.
    boolean unused = opened.isPresent() && stores.attempts().spend(code, opened.get().until());
    Optional<Administrator> who =
        fits && unused ? stores.accounts().findById(opened.get().get("id")) : Optional.empty();
    Optional<AdministratorSessions.Opened> session =
        who.flatMap(administrator ->
            stores
                .sessions()
                .openForCommandLine(
                    new AdministratorSessions.Opening(
                        administrator,
                        "browser",
                        ask.address(),
                        ask.agent(),
                        limits.commandLineAge(),
                        AdministratorSessions.Origin.LOCAL),
                    opened.get().get("session")));
    if (session.isEmpty()) {
      journal.refused(ask.head(), "", "command-line", "code unknown, used, expired or not theirs");
      throw Refusal.of(
          403, "code-refused", "The login code is not valid", "Run 'postern admin login' again.");
    }
    journal.did(ask.head(), who.orElseThrow(), "command-line", "session " + session.get().id());
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("token", session.get().secret());
    answer.put("name", who.get().name());
    answer.put("role", who.get().role());
    answer.put("expires", session.get().expiresAt().toString());
    return Reply.json(200, answer);
  }

  private static String challenge(String verifier) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}

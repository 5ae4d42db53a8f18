package org.postern.broker.administrators;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.postern.broker.administrators.password.PasswordHash;
import org.postern.broker.front.Reply;
import org.postern.policystore.jdbc.AdministratorCredentials;
import org.postern.policystore.jdbc.Administrators;
import org.postern.policystore.jdbc.Administrators.Administrator;

/** From a one-time code to an administrator with a passkey, or with a password and TOTP. */
final class SetupDesk {
  static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@+-]{0,63}");
  private static final String PURPOSE = "setup";
  private static final int CODE_MAX = 64;
  private static final int NAME_MAX = 64;

  private final AdministratorStores stores;
  private final AdministratorLimits limits;
  private final SealedState states;
  private final PublicPlace place;
  private final PasskeyDesk passkeys;
  private final BrowserSessions browsers;
  private final Journal journal;
  private final PasswordRules rules;
  private final SecureRandom random;
  private final InstantSource clock;

  SetupDesk(Tools tools) {
    this.stores = tools.stores();
    this.limits = tools.limits();
    this.states = tools.states();
    this.place = tools.place();
    this.passkeys = tools.passkeys();
    this.browsers = tools.browsers();
    this.journal = tools.journal();
    this.rules = new PasswordRules(limits.passwordMin(), limits.passwordMax());
    this.random = tools.random();
    this.clock = tools.clock();
  }

  /** Looks at a code, and says what can be set up with it. The code is used at the end. */
  Reply begin(Ask ask) throws Refusal {
    String typed = OneTimeTexts.canonical(ask.text("code", CODE_MAX));
    Optional<Administrators.Code> code = stores.accounts().findCode(typed);
    if (code.isEmpty()) {
      journal.refused(ask.head(), "", "setup", "one-time code unknown, used or expired");
      throw Refusal.codeIsGone();
    }
    boolean first = code.get().kind() == Administrators.CodeKind.FIRST;
    String name = first ? ask.text("name", NAME_MAX).strip() : code.get().name();
    name = name.toLowerCase(Locale.ROOT);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("kind", code.get().kind().name().toLowerCase(Locale.ROOT));
    answer.put("role", code.get().role());
    if (name.isEmpty()) {
      answer.put("needsName", true);
      return Reply.json(200, answer);
    }
    if (!NAME.matcher(name).matches()) {
      throw Refusal.of(
          422,
          "name",
          "This name cannot be used",
          "Letters, digits and . _ @ + - are good; your e-mail address, for example.");
    }
    byte[] secret = newTotpSecret();
    String state =
        states.seal(
            PURPOSE, limits.ceremony(), Map.of("code", typed, "name", name, "totp", hex(secret)));
    answer.put("state", state);
    answer.put("name", name);
    answer.put("totp", totp(secret, name));
    if (place.hasPasskeys()) {
      answer.put("passkey", passkeys.creation(state, name));
    }
    return Reply.json(200, answer);
  }

  byte[] newTotpSecret() {
    byte[] secret = new byte[Totp.SECRET_BYTES];
    random.nextBytes(secret);
    return secret;
  }

  static String hex(byte[] secret) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  /** What an authenticator program wants: the secret, and all of it in one address. */
  Map<String, Object> totp(byte[] secret, String name) {
    String label = URLEncoder.encode("Postern:" + name, StandardCharsets.UTF_8).replace("+", "%20");
    String text = OneTimeTexts.base32(secret);
    return Map.of(
        "secret",
        text.replaceAll("(.{4})(?=.)", "$1 "),
        "uri",
        "otpauth://totp/%s?secret=%s&issuer=Postern&algorithm=SHA1&digits=%d&period=30"
            .formatted(label, text, Totp.DIGITS));
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Begun(Administrators.Code code, String name, byte[] totp) {}

  private Begun begun(String state) throws Refusal {
    SealedState.Opened opened = states.open(PURPOSE, state).orElseThrow(Refusal::expired);
    Administrators.Code code =
        stores.accounts().findCode(opened.get("code")).orElseThrow(Refusal::codeIsGone);
    return new Begun(code, opened.get("name"), Base64.getUrlDecoder().decode(opened.get("totp")));
  }

  Reply withPasskey(Ask ask) throws Refusal {
    String state = ask.text("state", SealedState.TEXT_MAX);
    Begun begun = begun(state);
    return finish(ask, begun, passkeys.register(ask, state), null, "passkey");
  }

  Reply withPassword(Ask ask) throws Refusal {
    Begun begun = begun(ask.text("state", SealedState.TEXT_MAX));
    AdministratorCredentials.Password password = password(ask, begun.name(), begun.totp());
    return finish(ask, begun, null, password, "password and code");
  }

  /** A good password and a code of the secret: it is in an authenticator now. */
  AdministratorCredentials.Password password(Ask ask, String name, byte[] totp) throws Refusal {
    String password = PasswordRules.normalized(ask.text("password", 2 * limits.passwordMax()));
    Optional<String> objection = rules.objection(password, name);
    if (objection.isPresent()) {
      throw Refusal.of(422, "password", "Choose another password", objection.get());
    }
    OptionalLong step = Totp.match(totp, ask.text("code", CODE_MAX).strip(), clock.instant());
    if (step.isEmpty()) {
      throw Refusal.of(
          422,
          "totp",
          "The code of your authenticator does not fit",
          "Check that its clock is right, then type the code that it shows now.");
    }
    return new AdministratorCredentials.Password(
        PasswordHash.of(password, random),
        stores.sealer().seal(totp, SignInDesk.TOTP_CONTEXT),
        step.getAsLong());
  }

  private Reply finish(
      Ask ask,
      Begun begun,
      AdministratorCredentials.@org.jspecify.annotations.Nullable NewPasskey passkey,
      AdministratorCredentials.@org.jspecify.annotations.Nullable Password password,
      String method)
      throws Refusal {
    List<String> codes = OneTimeTexts.recoveryCodes(random, limits.recoveryCodes());
    Administrators.Redeemed redeemed =
        stores
            .accounts()
            .redeem(
                begun.code(),
                begun.name(),
                new AdministratorCredentials.Set(passkey, password, codes));
    return switch (redeemed) {
      case Administrators.Redeemed.CodeIsGone gone -> throw Refusal.codeIsGone();
      case Administrators.Redeemed.NameIsTaken taken ->
          throw Refusal.of(
              409, "name-taken", "There is an administrator of this name", "Ask for another code.");
      case Administrators.Redeemed.Done(Administrator who) -> {
        String action = begun.code().kind() == Administrators.CodeKind.RESET ? "renew" : "create";
        journal.became(ask.head(), who, action, "with " + method + ", by a one-time code");
        journal.did(ask.head(), who, "sign-in", method);
        yield browsers.open(ask, who, method, Map.of("recoveryCodes", codes));
      }
    };
  }
}

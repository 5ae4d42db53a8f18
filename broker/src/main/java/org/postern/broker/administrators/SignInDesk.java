package org.postern.broker.administrators;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.postern.broker.administrators.passkey.PasskeyException;
import org.postern.broker.administrators.passkey.Passkeys;
import org.postern.broker.administrators.password.PasswordHash;
import org.postern.broker.front.Reply;
import org.postern.policystore.jdbc.AdministratorCredentials;
import org.postern.policystore.jdbc.Administrators.Administrator;

/**
 * Signing in, by a passkey or by name, password and code.
 *
 * <p>Wrong passwords delay whoever guesses, not whoever is guessed at: they are counted for the
 * name together with the network that they come from. A browser in which this administrator signed
 * in before has a count and a hashing place of its own, and a passkey has none at all, since it
 * cannot be guessed. An unknown name takes the same path as a known one, with a hash of nobody's
 * password, and gets the same answer.
 */
final class SignInDesk {
  static final String TOTP_CONTEXT = "administrators totp";
  private static final String PURPOSE = "passkey sign-in";
  private static final String NOBODY = "a-nobody";
  private static final int CODE_MAX = 64;
  private static final int NAME_MAX = 128;

  private final AdministratorStores stores;
  private final AdministratorLimits limits;
  private final SealedState states;
  private final PasskeyDesk passkeys;
  private final BrowserSessions browsers;
  private final Journal journal;
  private final SecureRandom random;
  private final InstantSource clock;
  private final Semaphore strangersHashes;
  private final Semaphore knownHashes = new Semaphore(1, true);
  private final String nobodysHash;
  private final byte[] nobodysSecret = new byte[Totp.SECRET_BYTES];

  SignInDesk(Tools tools) {
    this.stores = tools.stores();
    this.limits = tools.limits();
    this.states = tools.states();
    this.passkeys = tools.passkeys();
    this.browsers = tools.browsers();
    this.journal = tools.journal();
    this.random = tools.random();
    this.clock = tools.clock();
    this.strangersHashes = new Semaphore(limits.hashesAtOnce(), true);
    random.nextBytes(nobodysSecret);
    this.nobodysHash = PasswordHash.of(SetupDesk.hex(nobodysSecret), random);
  }

  Reply beginPasskey() {
    String state = states.seal(PURPOSE, limits.ceremony(), Map.of());
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("state", state);
    answer.put("passkey", passkeys.request(state));
    return Reply.json(200, answer);
  }

  Reply finishPasskey(Ask ask) throws Refusal {
    String state = ask.text("state", SealedState.TEXT_MAX);
    SealedState.Opened opened = states.open(PURPOSE, state).orElseThrow(Refusal::expired);
    Optional<Administrator> who = Optional.empty();
    try {
      Passkeys.Shown shown = passkeys.read(ask);
      AdministratorCredentials.Passkey stored =
          stores.credentials().passkey(shown.credentialId()).orElseThrow(() -> unknown(ask));
      who = stores.accounts().findById(stored.administratorId());
      long count = passkeys.verify(shown, stored, state);
      if (who.isEmpty() || who.get().disabled()) {
        throw refuse(ask, who, "disabled");
      }
      if (!stores.attempts().spend(state, opened.until())) {
        throw refuse(ask, who, "the answer to this challenge was seen before");
      }
      if (!stores.credentials().use(stored.id(), count)) {
        throw refuse(ask, who, "the passkey's counter went back: it was copied");
      }
    } catch (PasskeyException e) {
      throw refuse(ask, who, "passkey: " + e.getMessage());
    }
    journal.did(ask.head(), who.get(), "sign-in", "passkey");
    return browsers.open(ask, who.get(), "passkey", Map.of());
  }

  private Refusal unknown(Ask ask) {
    return refuse(ask, Optional.empty(), "unknown passkey");
  }

  private Refusal refuse(Ask ask, Optional<Administrator> who, String reason) {
    journal.refused(ask.head(), who.map(Administrator::name).orElse(""), "sign-in", reason);
    return Refusal.badPasskey();
  }

  Reply password(Ask ask) throws Refusal, InterruptedException {
    String name = ask.text("name", NAME_MAX).strip().toLowerCase(Locale.ROOT);
    String password = PasswordRules.normalized(ask.text("password", 2 * limits.passwordMax()));
    String code = ask.text("code", CODE_MAX).strip();
    Optional<Administrator> who = stores.accounts().find(name);
    String id = who.map(Administrator::id).orElse(NOBODY);
    String mark = BrowserSessions.mark(ask.head());
    boolean known = stores.credentials().isKnownDevice(id, mark);
    String key =
        known
            ? "device " + mark
            : "network " + SourceNetwork.of(ask.head().from()) + " name " + name;
    Optional<Duration> wait = stores.attempts().begin(key);
    if (wait.isPresent()) {
      throw Refusal.wait(wait.get());
    }
    Optional<AdministratorCredentials.Password> stored = stores.credentials().password(id);
    String hash = stored.map(AdministratorCredentials.Password::hash).orElse(nobodysHash);
    boolean right = matches(password, hash, known) && stored.isPresent();
    Proof proof = proof(who, stored, right, code);
    if (!proof.reason().isEmpty()) {
      String about = who.map(Administrator::name).orElse("");
      journal.refused(ask.head(), about, "sign-in", proof.reason());
      throw Refusal.wrongCredentials();
    }
    stores.attempts().succeeded(key);
    if (stored.isPresent() && PasswordHash.isOutdated(hash)) {
      stores.credentials().upgrade(id, hash, PasswordHash.of(password, random));
    }
    journal.did(ask.head(), who.orElseThrow(), "sign-in", proof.method());
    return browsers.open(ask, who.get(), proof.method(), Map.of());
  }

  /** How somebody proved himself, or why not: one of the two is empty. */
  private record Proof(String method, String reason) {
    static Proof of(String method) {
      return new Proof(method, "");
    }

    static Proof no(String reason) {
      return new Proof("", reason);
    }
  }

  /**
   * The second half. Codes are used up only by whoever has the first half; the time step is looked
   * for in every case, so that its absence cannot be timed.
   */
  private Proof proof(
      Optional<Administrator> who,
      Optional<AdministratorCredentials.Password> stored,
      boolean passwordIsRight,
      String code) {
    byte[] secret =
        stored
            .map(each -> stores.sealer().open(each.totpSealed(), TOTP_CONTEXT))
            .orElse(nobodysSecret);
    OptionalLong step = Totp.match(secret, code, clock.instant());
    if (who.isEmpty()) {
      return Proof.no("unknown name");
    }
    if (who.get().disabled()) {
      return Proof.no("disabled");
    }
    String id = who.get().id();
    boolean recovery = OneTimeTexts.looksLikeRecoveryCode(code);
    if (stored.isPresent() && !passwordIsRight) {
      return Proof.no("wrong password");
    }
    if (recovery) {
      boolean taken = stores.credentials().takeRecoveryCode(id, OneTimeTexts.canonical(code));
      String method = stored.isPresent() ? "password and recovery code" : "recovery code";
      return taken ? Proof.of(method) : Proof.no("recovery code unknown or used");
    }
    if (stored.isEmpty()) {
      return Proof.no("has a passkey and no password");
    }
    if (step.isEmpty()) {
      return Proof.no("wrong code");
    }
    return stores.credentials().takeStep(id, step.getAsLong())
        ? Proof.of("password and code")
        : Proof.no("this code was seen before");
  }

  /** Memory for hashes is bounded; browsers that are known do not queue with those that are not. */
  private boolean matches(String password, String hash, boolean known)
      throws Refusal, InterruptedException {
    Semaphore places = known ? knownHashes : strangersHashes;
    if (!places.tryAcquire(limits.hashPatience().toMillis(), TimeUnit.MILLISECONDS)) {
      throw Refusal.of(
          503,
          "busy",
          "Many people sign in right now",
          "Try again in a few seconds, or use a passkey.");
    }
    try {
      return PasswordHash.matches(password, hash);
    } finally {
      places.release();
    }
  }
}

package org.postern.broker.administrators;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.policystore.jdbc.AdministratorCredentials;
import org.postern.policystore.jdbc.AdministratorSessions;
import org.postern.policystore.jdbc.Administrators.Administrator;

/** What a signed-in administrator sees and changes of his own: sessions and credentials. */
final class AccountDesk {
  private static final String PASSKEY = "another passkey";
  private static final String PASSWORD = "another password";
  private static final String ENDED_ELSEWHERE = "you ended it from another session";
  private static final int ID_MAX = 64;

  private final AdministratorStores stores;
  private final AdministratorLimits limits;
  private final SealedState states;
  private final PublicPlace place;
  private final PasskeyDesk passkeys;
  private final BrowserSessions browsers;
  private final Journal journal;
  private final SetupDesk setup;
  private final ProviderDesk providers;
  private final SecureRandom random;

  AccountDesk(Tools tools, SetupDesk setup, ProviderDesk providers) {
    this.stores = tools.stores();
    this.limits = tools.limits();
    this.states = tools.states();
    this.place = tools.place();
    this.passkeys = tools.passkeys();
    this.browsers = tools.browsers();
    this.journal = tools.journal();
    this.setup = setup;
    this.providers = providers;
    this.random = tools.random();
  }

  /** Who is signed in here, with what is his; the browser gets its mark on this occasion. */
  Reply show(Head head) {
    Optional<AdministratorSessions.Live> live = browsers.who(head);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("signedIn", live.isPresent());
    body.put("passkeys", place.hasPasskeys());
    if (live.isEmpty()) {
      browsers.ended(head).ifPresent(why -> body.put("ended", why));
      body.put("first", stores.accounts().none());
      body.put("providers", providers.names());
      return Reply.json(200, body);
    }
    Administrator who = live.get().administrator();
    body.put("name", who.name());
    body.put("role", who.role());
    body.put("provider", who.provider());
    body.put("csrf", BrowserSessions.csrf(head));
    body.put("session", live.get().id());
    body.put("sessions", stores.sessions().list(who.id()).stream().map(AccountDesk::line).toList());
    body.put(
        "ownPasskeys",
        stores.credentials().passkeys(who.id()).stream().map(AccountDesk::line).toList());
    body.put("password", stores.credentials().password(who.id()).isPresent());
    body.put("recoveryCodesLeft", stores.credentials().recoveryCodesLeft(who.id()));
    Reply reply = Reply.json(200, body);
    boolean marked =
        !who.isLocal() || stores.credentials().isKnownDevice(who.id(), BrowserSessions.mark(head));
    return marked
        ? reply
        : BrowserSessions.withMark(
            reply, stores.credentials().markDevice(who.id(), limits.devicesMax()));
  }

  private static Map<String, Object> line(AdministratorSessions.Listed each) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", each.id());
    line.put("kind", each.kind());
    line.put("method", each.method());
    line.put("since", each.createdAt().toString());
    line.put("lastSeen", each.lastSeenAt().toString());
    line.put("expires", each.expiresAt().toString());
    line.put("from", each.from());
    line.put("agent", each.agent());
    return line;
  }

  private static Map<String, Object> line(AdministratorCredentials.ListedPasskey each) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", each.id());
    line.put("name", each.name());
    line.put("since", each.createdAt().toString());
    line.put("lastUsed", each.lastUsedAt() == null ? "" : each.lastUsedAt().toString());
    return line;
  }

  Reply signOut(Ask ask) throws Refusal {
    AdministratorSessions.Live live = browsers.require(ask.head());
    stores.sessions().end(live.administrator().id(), live.id(), "you signed out");
    journal.did(
        ask.head(),
        live.administrator(),
        "sign-out",
        live.administrator().isLocal() ? "" : "through " + live.administrator().provider());
    return BrowserSessions.forget(Reply.json(200, Map.of()));
  }

  Reply endSession(Ask ask) throws Refusal {
    AdministratorSessions.Live live = browsers.require(ask.head());
    Administrator who = live.administrator();
    if (ask.body().path("others").asBoolean(false)) {
      int ended = stores.sessions().endOthers(who.id(), live.id(), ENDED_ELSEWHERE);
      journal.did(ask.head(), who, "end-sessions", ended + " other sessions ended");
      return Reply.json(200, Map.of("ended", ended));
    }
    String id = ask.text("id", ID_MAX);
    if (!stores.sessions().end(who.id(), id, ENDED_ELSEWHERE)) {
      throw Refusal.of(404, "not-found", "There is no such session", "Load the page again.");
    }
    journal.did(ask.head(), who, "end-session", "session " + id);
    return Reply.json(200, Map.of("ended", 1));
  }

  Reply beginPasskey(Ask ask) throws Refusal {
    Administrator who = browsers.requireFresh(ask.head()).administrator();
    String state = states.seal(PASSKEY, limits.ceremony(), Map.of("id", who.id()));
    return Reply.json(200, Map.of("state", state, "passkey", passkeys.creation(state, who.name())));
  }

  private SealedState.Opened own(String purpose, Administrator who, String state) throws Refusal {
    SealedState.Opened opened =
        states
            .open(purpose, state)
            .filter(each -> each.get("id").equals(who.id()))
            .orElseThrow(Refusal::expired);
    if (!stores.attempts().spend(state, opened.until())) {
      throw Refusal.expired();
    }
    return opened;
  }

  Reply finishPasskey(Ask ask) throws Refusal {
    Administrator who = browsers.requireFresh(ask.head()).administrator();
    String state = ask.text("state", SealedState.TEXT_MAX);
    AdministratorCredentials.NewPasskey made = passkeys.register(ask, state);
    own(PASSKEY, who, state);
    if (!stores.credentials().addPasskey(who.id(), made, limits.passkeysMax())) {
      throw Refusal.of(
          409,
          "passkeys",
          "This passkey is here already, or you have %d".formatted(limits.passkeysMax()),
          "Remove one that you no longer use.");
    }
    journal.did(ask.head(), who, "add-passkey", made.name());
    return Reply.json(200, Map.of());
  }

  Reply removePasskey(Ask ask) throws Refusal {
    Administrator who = browsers.requireFresh(ask.head()).administrator();
    String id = ask.text("id", ID_MAX);
    if (!stores.credentials().removePasskey(who.id(), id)) {
      throw Refusal.of(
          409,
          "last-credential",
          "This passkey is the last thing you can sign in with, or it is gone already",
          "Add another passkey or a password first.");
    }
    journal.did(ask.head(), who, "remove-passkey", id);
    return Reply.json(200, Map.of());
  }

  Reply newRecoveryCodes(Ask ask) throws Refusal {
    Administrator who = browsers.requireFresh(ask.head()).administrator();
    List<String> codes =
        new ArrayList<>(OneTimeTexts.recoveryCodes(random, limits.recoveryCodes()));
    stores.credentials().setRecoveryCodes(who.id(), codes);
    journal.did(ask.head(), who, "renew-recovery-codes", "");
    return Reply.json(200, Map.of("recoveryCodes", codes));
  }

  Reply beginPassword(Ask ask) throws Refusal {
    Administrator who = browsers.requireFresh(ask.head()).administrator();
    byte[] secret = setup.newTotpSecret();
    String state =
        states.seal(
            PASSWORD, limits.ceremony(), Map.of("id", who.id(), "totp", SetupDesk.hex(secret)));
    return Reply.json(200, Map.of("state", state, "totp", setup.totp(secret, who.name())));
  }

  Reply finishPassword(Ask ask) throws Refusal {
    AdministratorSessions.Live live = browsers.requireFresh(ask.head());
    Administrator who = live.administrator();
    String state = ask.text("state", SealedState.TEXT_MAX);
    byte[] secret =
        Base64.getUrlDecoder()
            .decode(states.open(PASSWORD, state).map(each -> each.get("totp")).orElse(""));
    if (secret.length == 0) {
      throw Refusal.expired();
    }
    AdministratorCredentials.Password password = setup.password(ask, who.name(), secret);
    own(PASSWORD, who, state);
    stores.credentials().setPassword(who.id(), password);
    int ended = stores.sessions().endOthers(who.id(), live.id(), "you set another password");
    journal.did(ask.head(), who, "set-password", ended + " other sessions ended");
    return Reply.json(200, Map.of("ended", ended));
  }
}

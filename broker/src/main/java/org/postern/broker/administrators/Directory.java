package org.postern.broker.administrators;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.admin.AdministratorDesk;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.policystore.jdbc.Administrators;
import org.postern.policystore.jdbc.Administrators.Administrator;

/** Administrators as others see and change them: list, invite, disable, enable, reset. */
final class Directory implements AdministratorDesk {
  private static final byte[] NOTHING = {'{', '}'};
  private static final long HOUR = 3_600;

  private final AdministratorStores stores;
  private final AdministratorLimits limits;
  private final PublicPlace place;
  private final Journal journal;
  private final SecureRandom random;
  private final InstantSource clock;

  Directory(Tools tools) {
    this.stores = tools.stores();
    this.limits = tools.limits();
    this.place = tools.place();
    this.journal = tools.journal();
    this.random = tools.random();
    this.clock = tools.clock();
  }

  private interface Desk {
    Reply answer() throws Refusal;
  }

  private static Reply answer(Desk desk) {
    try {
      return desk.answer();
    } catch (Refusal e) {
      return e.reply();
    }
  }

  @Override
  public Optional<String> roleOf(String name) {
    return stores.accounts().find(name.toLowerCase(Locale.ROOT)).map(Administrator::role);
  }

  @Override
  public Reply invite(Head head, byte[] body, String by) {
    return answer(() -> invite(Ask.of(head, body), by));
  }

  @Override
  public Reply reset(Head head, byte[] body, String by) {
    return answer(() -> reset(Ask.of(head, body.length == 0 ? NOTHING : body), by));
  }

  @Override
  public Reply disable(Head head, String by) {
    return answer(() -> {
      Administrator who = named(head);
      return changed(head, who, "disable", by, stores.accounts().disable(who.id()));
    });
  }

  @Override
  public Reply enable(Head head, String by) {
    return answer(() -> {
      Administrator who = named(head);
      return changed(head, who, "enable", by, stores.accounts().enable(who.id()));
    });
  }

  @Override
  public Reply link(Head head, String user, String by) {
    return answer(() -> {
      Administrator who = local(named(head));
      stores.accounts().link(who.id(), user.isEmpty() ? null : user);
      journal.linked(head, by, who, user);
      return Reply.json(200, Map.of("id", who.name(), "userId", user));
    });
  }

  @Override
  public List<Map<String, Object>> list() {
    List<Map<String, Object>> items = new ArrayList<>();
    for (Administrators.Listed each : stores.accounts().list()) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("id", each.administrator().id());
      item.put("name", each.administrator().name());
      item.put("role", each.administrator().role());
      item.put("provider", each.administrator().provider());
      item.put("state", each.administrator().disabled() ? "disabled" : "active");
      item.put("passkeys", each.passkeys());
      item.put("password", each.password());
      item.put("since", each.createdAt().toString());
      item.put("lastSeen", each.lastSeenAt() == null ? "" : each.lastSeenAt().toString());
      items.add(item);
    }
    return items;
  }

  private Reply invite(Ask ask, String by) throws Refusal {
    String name = ask.text("name", 64).strip().toLowerCase(Locale.ROOT);
    String role = ask.text("role", 63);
    if (!SetupDesk.NAME.matcher(name).matches()) {
      throw Refusal.badRequest(
          "name must have 1 to 64 of a-z 0-9 . _ @ + - (an e-mail address, for example).");
    }
    if (!stores.accounts().isRole(role)) {
      throw Refusal.of(
          422,
          "no-such-role",
          "There is no role " + printable(role),
          "Built in are owner, policy-editor, operator, approver and auditor.");
    }
    Instant expires = expires(ask);
    Optional<String> code =
        code(
            new Administrators.CodeOrder(
                Administrators.CodeKind.INVITE, name, role, null, by, expires));
    if (code.isEmpty()) {
      throw Refusal.of(
          409,
          "name-taken",
          "There is an administrator " + name,
          "For new credentials: postern admin administrator reset " + name);
    }
    journal.ordered(ask.head(), by, "invite", new Administrator("", name, role, false, ""));
    return answer(201, name, role, code.get(), expires);
  }

  private Instant expires(Ask ask) throws Refusal {
    long max = limits.inviteMax().toSeconds();
    long seconds = ask.number("expiresSeconds", Math.min(24 * HOUR, max), 60, max);
    return clock.instant().plus(Duration.ofSeconds(seconds));
  }

  private Optional<String> code(Administrators.CodeOrder order) {
    String secret = OneTimeTexts.oneTimeCode(random);
    return stores.accounts().createCode(order, secret).map(id -> secret);
  }

  private Reply answer(int status, String name, String role, String code, Instant expires) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("name", name);
    answer.put("role", role);
    answer.put("code", code);
    answer.put("url", place.origin() + AdministratorDoor.PAGE);
    answer.put("expires", expires.toString());
    return Reply.json(status, answer);
  }

  /** Takes the credentials away now; a one-time code brings new ones. */
  private Reply reset(Ask ask, String by) throws Refusal {
    Administrator who = local(named(ask.head()));
    if (who.disabled()) {
      throw Refusal.of(
          409,
          "disabled",
          who.name() + " is disabled",
          "First: postern admin administrator enable " + who.name());
    }
    Instant expires = expires(ask);
    stores.accounts().strip(who.id());
    String code =
        code(new Administrators.CodeOrder(
                Administrators.CodeKind.RESET, who.name(), who.role(), who.id(), by, expires))
            .orElseThrow();
    journal.ordered(ask.head(), by, "reset", who);
    return answer(200, who.name(), who.role(), code, expires);
  }

  private Reply changed(
      Head head, Administrator who, String verb, String by, Administrators.Change change)
      throws Refusal {
    return switch (change) {
      case DONE -> {
        journal.ordered(head, by, verb, who);
        yield Reply.json(200, Map.of("id", who.name(), "state", verb + "d"));
      }
      case NOT_FOUND ->
          throw Refusal.of(
              404, "not-found", who.name() + " is " + verb + "d already", "Nothing to do.");
      case LAST_OWNER ->
          throw Refusal.of(
              409,
              "last-owner",
              who.name() + " is the last owner",
              "Invite another: postern admin administrator invite NAME --role owner");
    };
  }

  private static Administrator local(Administrator who) throws Refusal {
    if (!who.isLocal()) {
      throw Refusal.of(
          409,
          "provider-account",
          "%s signs in through %s".formatted(who.name(), who.provider()),
          "Who that is, and how he proves it, is the provider's word; here he can be disabled.");
    }
    return who;
  }

  private Administrator named(Head head) throws Refusal {
    String name = head.pathParameter("name").orElse("").toLowerCase(Locale.ROOT);
    return stores
        .accounts()
        .find(name)
        .orElseThrow(() ->
            Refusal.of(
                404,
                "not-found",
                "There is no administrator " + printable(name),
                "List them: postern admin administrator list"));
  }

  private static String printable(String text) {
    return text.substring(0, Math.min(text.length(), 64)).replaceAll("[^\\x20-\\x7e]", "?");
  }
}

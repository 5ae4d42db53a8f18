package org.postern.broker.administrators;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.postern.broker.admin.AdministratorDesk;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.broker.signin.AdministratorEntry;
import org.postern.policystore.IdentityProvider;

/**
 * The sign-in page of administrators and everything behind it. A session of a browser ends in a
 * cookie, one of a command line in an admin token that dies with the session. Blocking; safe on any
 * thread.
 */
public final class AdministratorDoor {
  /** Where the page is. */
  public static final String PAGE = "/admin/signin";

  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
          + " data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final AdministratorLimits limits;
  private final PublicPlace place;
  private final SetupDesk setup;
  private final SignInDesk signIn;
  private final AccountDesk account;
  private final CommandLineDesk commandLine;
  private final Directory directory;
  private final ProviderDesk providers;
  private final Route.Gate rate;
  private final Route.Gate codeRate;
  private final Runnable onSetup;

  /**
   * A door.
   *
   * @param publicUrl where browsers reach this broker
   * @param configured the identity providers of the current policy
   * @param nanoTime a monotonic clock, nanoseconds
   * @param onSetup called when a one-time code has been used
   */
  public AdministratorDoor(
      AdministratorStores stores,
      AdministratorLimits limits,
      URI publicUrl,
      Supplier<List<IdentityProvider>> configured,
      SecureRandom random,
      InstantSource clock,
      LongSupplier nanoTime,
      Runnable onSetup) {
    this.limits = limits;
    this.place = PublicPlace.of(publicUrl);
    this.onSetup = onSetup;
    Tools tools =
        new Tools(
            stores,
            limits,
            new SealedState(stores.sealer(), random, clock),
            place,
            new PasskeyDesk(place, limits),
            new BrowserSessions(stores.sessions(), limits, clock),
            new Journal(stores.audit()),
            random,
            clock);
    this.setup = new SetupDesk(tools);
    this.signIn = new SignInDesk(tools);
    this.providers = new ProviderDesk(tools, configured);
    this.account = new AccountDesk(tools, setup, providers);
    this.commandLine = new CommandLineDesk(tools);
    this.directory = new Directory(tools);
    this.rate =
        Route.rate(
            new AddressRate(
                limits.requestsPerMinute(),
                limits.requestsBurst(),
                limits.addressesTracked(),
                nanoTime));
    this.codeRate =
        Route.rate(
            new AddressRate(
                limits.codesPerMinute(),
                limits.codesPerMinute(),
                limits.addressesTracked(),
                nanoTime));
  }

  private interface Desk {
    Reply answer(Ask ask) throws Exception;
  }

  /** Its routes. */
  public List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    String page = resource("signin.html");
    String script = resource("signin.js");
    String style = resource("signin.css");
    routes.add(
        Route.get(
            PAGE,
            rate,
            (head, body) -> Reply.html(200, page).with("Content-Security-Policy", POLICY)));
    routes.add(asset("/assets/admin-signin.js", "text/javascript; charset=utf-8", script));
    routes.add(asset("/assets/admin-signin.css", "text/css; charset=utf-8", style));
    routes.add(Route.get(PAGE + "/session", rate, (head, body) -> account.show(head)));
    routes.add(page("/setup", codeRate, setup::begin));
    routes.add(page("/setup/passkey", rate, ask -> done(setup.withPasskey(ask))));
    routes.add(page("/setup/password", rate, ask -> done(setup.withPassword(ask))));
    routes.add(page("/passkey", rate, ask -> signIn.beginPasskey()));
    routes.add(page("/passkey/finish", rate, signIn::finishPasskey));
    routes.add(page("/password", rate, signIn::password));
    routes.add(page("/out", rate, account::signOut));
    routes.add(page("/session/end", rate, account::endSession));
    routes.add(page("/account/passkey", rate, account::beginPasskey));
    routes.add(page("/account/passkey/finish", rate, account::finishPasskey));
    routes.add(page("/account/passkey/remove", rate, account::removePasskey));
    routes.add(page("/account/recovery-codes", rate, account::newRecoveryCodes));
    routes.add(page("/account/password", rate, account::beginPassword));
    routes.add(page("/account/password/finish", rate, account::finishPassword));
    routes.add(page("/command-line", rate, commandLine::allow));
    routes.add(post(PAGE + "/token", codeRate, commandLine::redeem));
    return routes;
  }

  /** The accounts, for the admin API. */
  public AdministratorDesk directory() {
    return directory;
  }

  /** Where administrators get in whom a provider signed in. */
  public AdministratorEntry entry() {
    return providers;
  }

  private Reply done(Reply reply) {
    onSetup.run();
    return reply;
  }

  /** A request of the page: from this origin, as JSON. */
  private Route page(String path, Route.Gate gate, Desk desk) {
    return post(PAGE + path, gate.then(place::refuse), desk);
  }

  private Route post(String path, Route.Gate gate, Desk desk) {
    return Route.post(
        path,
        limits.bodyBytesMax(),
        gate,
        (head, body) -> {
          try {
            return desk.answer(Ask.of(head, body));
          } catch (Refusal e) {
            return e.reply();
          }
        });
  }

  private static Route asset(String path, String type, String text) {
    return Route.get(
        path,
        Route.Gate.OPEN,
        (head, body) -> Reply.text(200, type, text).with("Cache-Control", "no-cache"));
  }

  private static String resource(String name) {
    try (InputStream file = AdministratorDoor.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new IllegalStateException(name + " is not beside its class");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

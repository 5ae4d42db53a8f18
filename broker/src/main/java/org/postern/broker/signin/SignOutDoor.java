package org.postern.broker.signin;

import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.CsrRefusedException;
import org.postern.policystore.jdbc.Sessions;
import org.postern.policystore.jdbc.SignOuts;
import org.postern.policystore.jdbc.Users;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a device signs out: its session and all its flows end here, and it learns where a browser
 * goes on to end the provider's session too (OpenID Connect RP-Initiated Logout 1.0, SAML single
 * logout). The device proves itself by a certificate request of its key: nobody else can make one,
 * and all that it can do here is to end that device's own session. Blocking; safe on any thread.
 */
public final class SignOutDoor {
  private static final Logger LOG = LoggerFactory.getLogger(SignOutDoor.class);
  private static final int FORM_BYTES_MAX = 8 * 1024;
  private static final int TICKET_MAX = 128;
  private static final String ONWARD = "/signin/sign-out/onward";

  /** From the device's sign-out to its browser. */
  private static final Duration ONWARD_AGE = Duration.ofMinutes(5);

  private final SignIn signIn;
  private final Providers providers;
  private final Sessions sessions;
  private final Users users;
  private final SignOuts signOuts;
  private final URI publicUrl;
  private final Supplier<String> secrets;

  /**
   * Over what it needs.
   *
   * @param publicUrl where browsers reach this broker
   * @param secrets makes random texts that browsers carry there and back
   */
  public SignOutDoor(
      SignIn signIn,
      Providers providers,
      Sessions sessions,
      Users users,
      SignOuts signOuts,
      URI publicUrl,
      Supplier<String> secrets) {
    this.signIn = signIn;
    this.providers = providers;
    this.sessions = sessions;
    this.users = users;
    this.signOuts = signOuts;
    this.publicUrl = publicUrl;
    this.secrets = secrets;
  }

  /** Its routes. */
  public List<Route> routes(Route.Gate rate) {
    return List.of(
        Route.post("/signin/sign-out", FORM_BYTES_MAX, rate, this::signOut),
        Route.get(ONWARD, rate, (head, body) -> SignIn.page(() -> goOn(head))));
  }

  private Reply signOut(Head head, byte[] body) {
    String fingerprint;
    try {
      byte[] csr = Base64.getDecoder().decode(FormBody.parse(body).field("csr").orElse(""));
      fingerprint = CertificateAuthority.provenKeyFingerprint(csr);
    } catch (SignInException | CsrRefusedException | IllegalArgumentException e) {
      return Reply.problem(
          400, "bad-request", "The request cannot be used", "Send csr: DER in base64.");
    }
    Optional<Sessions.SignedOut> ended = sessions.signOut(fingerprint, "signed out");
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("ended", ended.isPresent());
    if (ended.isPresent()) {
      Sessions.SignedOut session = ended.get();
      users
          .find(session.userId())
          .ifPresent(user -> signIn.journal().did(head, user, "user.sign-out", "on the device"));
      onward(session).ifPresent(to -> answer.put("continue", to.toString()));
    }
    return Reply.json(200, answer).with("Cache-Control", "no-store");
  }

  /**
   * Here it is over, whatever the provider says. A form is fetched by the browser, once: the device
   * hands the address to its browser where others on the device may see it.
   */
  private Optional<URI> onward(Sessions.SignedOut session) {
    try {
      return departure(session)
          .map(departure ->
              switch (departure) {
                case ProviderClient.Departure.Redirect(URI address) -> address;
                case ProviderClient.Departure.Form form -> {
                  String ticket = secrets.get();
                  signOuts.keep(ticket, session, ONWARD_AGE);
                  yield publicUrl.resolve(ONWARD + "?ticket=" + ticket);
                }
              });
    } catch (SignInException e) {
      LOG.info("no sign-out at {}: {}", session.provider(), e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<ProviderClient.Departure> departure(Sessions.SignedOut session)
      throws SignInException {
    Optional<ProviderClient> client = providers.find(session.provider());
    return client.isEmpty()
        ? Optional.empty()
        : client
            .get()
            .signOut(
                new ProviderClient.SignOut(
                    session.subject(),
                    session.providerSession(),
                    session.signOutHint(),
                    secrets.get()));
  }

  /** The browser; without a good ticket there is nothing left to do. */
  private Reply goOn(Head head) throws SignInException {
    Optional<Sessions.SignedOut> session =
        head.parameter("ticket")
            .filter(each -> each.length() <= TICKET_MAX)
            .flatMap(signOuts::take);
    Optional<ProviderClient.Departure> departure =
        session.isEmpty() ? Optional.empty() : departure(session.get());
    return departure.isEmpty()
        ? Pages.signedOut()
        : Pages.onward(departure.get(), session.get().provider());
  }
}

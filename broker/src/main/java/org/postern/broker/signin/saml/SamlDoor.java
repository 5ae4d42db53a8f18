package org.postern.broker.signin.saml;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.broker.signin.FormBody;
import org.postern.broker.signin.Pages;
import org.postern.broker.signin.Providers;
import org.postern.broker.signin.SignIn;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.IdentityProvider.SamlOption;
import org.postern.policystore.jdbc.OnceOnly;
import org.postern.policystore.jdbc.Sessions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where SAML providers and their browsers arrive: responses, sign-outs, and whoever wants our
 * metadata. Blocking; safe on any thread.
 */
public final class SamlDoor {
  private static final Logger LOG = LoggerFactory.getLogger(SamlDoor.class);
  // Base64 makes a third more of it, and escaping a little more still.
  private static final int FORM_BYTES_MAX = SamlLimits.DEFAULT.messageBytes() * 2;
  private static final int RELAY_MAX = 1_024;

  private final SignIn signIn;
  private final Providers providers;
  private final Sessions sessions;
  private final OnceOnly once;
  private final Supplier<String> secrets;

  /**
   * Over what it needs.
   *
   * @param secrets makes random texts for the IDs of messages
   */
  public SamlDoor(
      SignIn signIn,
      Providers providers,
      Sessions sessions,
      OnceOnly once,
      Supplier<String> secrets) {
    this.signIn = signIn;
    this.providers = providers;
    this.sessions = sessions;
    this.once = once;
    this.secrets = secrets;
  }

  /** Its routes. */
  public List<Route> routes(Route.Gate rate) {
    return List.of(
        Route.get(
            "/signin/saml/:name/metadata", rate, (head, body) -> SignIn.page(() -> metadata(head))),
        Route.post(
                "/signin/saml/:name/acs",
                FORM_BYTES_MAX,
                rate,
                (head, body) -> SignIn.page(() -> consume(head, body)))
            .whenTooLarge(Pages.fault(SignInFault.SAML_TOO_LARGE)),
        Route.get(
            "/signin/saml/:name/slo", rate, (head, body) -> SignIn.page(() -> redirected(head))),
        Route.post(
                "/signin/saml/:name/slo",
                FORM_BYTES_MAX,
                rate,
                (head, body) -> SignIn.page(() -> posted(head, body)))
            .whenTooLarge(Pages.fault(SignInFault.SAML_TOO_LARGE)));
  }

  private SamlProvider client(Head head) throws SignInException {
    return providers.of(head.pathParameter("name").orElse(""), SamlProvider.class);
  }

  private Reply metadata(Head head) throws SignInException {
    return Reply.text(200, "application/samlmetadata+xml; charset=utf-8", client(head).metadata());
  }

  private Reply consume(Head head, byte[] body) throws SignInException {
    SamlProvider client = client(head);
    String name = client.provider().name();
    FormBody form = FormBody.parse(body);
    String relay = form.field("RelayState").orElse("");
    VerifiedResponse response;
    byte[] xml = {};
    try {
      xml = Messages.decode(form.field("SAMLResponse").orElse(""));
      response = client.verify(xml);
      if (!once.take("assertion " + name, response.assertionId(), response.until())) {
        throw new SignInException(SignInFault.SAML_REPLAYED, "assertion was used before");
      }
      if (response.inResponseTo().isEmpty() && !client.allows(SamlOption.UNSOLICITED)) {
        throw new SignInException(SignInFault.SAML_UNSOLICITED, "nobody asked for it");
      }
    } catch (SignInException e) {
      return refused(head, relay, client, e, xml);
    }
    if (response.inResponseTo().isEmpty()) {
      signIn.admit(head, name, response.asserted());
      return Pages.note(
          "You are known to Postern", "To use it on a device, sign in from there: postern login.");
    }
    return signIn.arrive(
        head,
        relay,
        name,
        returning -> {
          if (!SamlProvider.requestId(returning.nonce()).equals(response.inResponseTo())) {
            throw new SignInException(
                SignInFault.SAML_REQUEST, "it answers another request of ours, or of nobody");
          }
          return response.asserted();
        });
  }

  /** If this browser has a sign-in under way, it is over, and the device is told. */
  private Reply refused(
      Head head, String relay, SamlProvider client, SignInException why, byte[] xml)
      throws SignInException {
    try {
      return signIn.arrive(
          head,
          relay,
          client.provider().name(),
          returning -> {
            throw SignIn.isTest(returning) ? client.explained(why, xml) : why;
          });
    } catch (SignInException e) {
      throw e.fault() == SignInFault.STATE_UNKNOWN || e.fault() == SignInFault.UNSOLICITED
          ? why
          : e;
    }
  }

  private Reply redirected(Head head) throws SignInException {
    SamlProvider client = client(head);
    if (head.parameter("SAMLResponse").isPresent()) {
      return Pages.signedOut();
    }
    return signOut(
        client,
        new LogoutCheck(client).byRedirect(head.query()),
        head.parameter("RelayState").orElse(""));
  }

  private Reply posted(Head head, byte[] body) throws SignInException {
    SamlProvider client = client(head);
    FormBody form = FormBody.parse(body);
    if (form.field("SAMLResponse").isPresent()) {
      return Pages.signedOut();
    }
    return signOut(
        client, new LogoutCheck(client).byPost(form), form.field("RelayState").orElse(""));
  }

  /** The answer to our own request: whatever it says, here the session is over already. */
  private Reply signOut(SamlProvider client, LogoutCheck.Asked asked, String relay)
      throws SignInException {
    String name = client.provider().name();
    if (relay.length() > RELAY_MAX || !once.take("logout " + name, asked.id(), asked.until())) {
      throw new SignInException(SignInFault.SIGN_OUT_INVALID, "sign-out was used before");
    }
    String subject = client.isKnownByNameId() ? asked.name() : "";
    // Without any name of a session all of this person's end, and of nobody else.
    List<String> named =
        asked.sessions().isEmpty() && !subject.isEmpty() ? List.of("") : asked.sessions();
    int ended = 0;
    for (String session : named) {
      ended += sessions.revokeOf(name, subject, session, "signed out at " + name);
    }
    LOG.info("{} sessions ended by a sign-out at {}", ended, name);
    Optional<URI> back = client.signedOut("_" + secrets.get(), asked.id(), ended > 0, relay);
    return back.isPresent() ? Reply.redirect(back.get().toString()) : Pages.signedOut();
  }
}

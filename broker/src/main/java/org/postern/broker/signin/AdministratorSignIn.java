package org.postern.broker.signin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.policystore.Demand;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Audience;
import org.postern.policystore.RoleMapping;
import org.postern.policystore.jdbc.SignIns;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sign-in that ends in an administrator's session instead of a code for a device. What it is for
 * stands where a device has its loopback address, which this word can never be: neither turns into
 * the other. Blocking; safe on any thread.
 */
final class AdministratorSignIn {
  /** Where the administrators' page sends its browsers. */
  static final String PATH = "/admin/signin/provider";

  private static final Logger LOG = LoggerFactory.getLogger(AdministratorSignIn.class);
  private static final String PURPOSE = "administrator";
  private static final int SAID_MAX = 160;

  /** What a command line that waits wrote into the page's address, and how long it may be. */
  private static final Map<String, Integer> KEPT =
      Map.of("redirect_uri", 256, "state", 128, "code_challenge", 64);

  private final Admission admission;
  private final Departures departures;
  private final AdministratorEntry entry;

  AdministratorSignIn(Admission admission, Departures departures, AdministratorEntry entry) {
    this.admission = admission;
    this.departures = departures;
    this.entry = entry;
  }

  /** From the administrators' page, which a refusal leads back to. */
  Reply begin(Head head) {
    String address = head.parameter("email").orElse("").strip();
    Optional<String> chosen = head.parameter("provider");
    String name = chosen.orElse("");
    try {
      if (chosen.isEmpty()) {
        name =
            departures
                .forAddress(address, Audience.ADMINISTRATORS)
                .map(IdentityProvider::name)
                .orElseThrow(
                    () -> new SignInException(SignInFault.EMAIL_UNKNOWN, "no provider for it"));
      }
      return departures.depart(
          name,
          address,
          Demand.NONE,
          Audience.ADMINISTRATORS,
          departures.noting(toReturn(head), Demand.NONE));
    } catch (SignInException e) {
      LOG.info("administrator refused: {}: {}", e.fault().code(), e.getMessage());
      entry.refused(head, SignIn.printable(name), e);
      return Pages.faultAtAdministrators(e.fault());
    }
  }

  /** What is remembered until the browser comes back. */
  private static SignIns.DeviceReturn toReturn(Head head) {
    List<String> kept = new ArrayList<>();
    KEPT.forEach((name, most) ->
        head.parameter(name)
            .filter(value -> value.length() <= most)
            .ifPresent(value -> kept.add(name + "=" + SignIn.encode(value))));
    return new SignIns.DeviceReturn(PURPOSE, String.join("&", kept), "", PURPOSE);
  }

  static boolean isMeant(SignIns.Returning returning) {
    return returning.device().redirect().equals(PURPOSE);
  }

  /** What the provider said, judged and for this sign-in. */
  @FunctionalInterface
  interface Judged {
    Asserted judge() throws SignInException;
  }

  /** The browser is back. */
  Reply arrive(Head head, SignIns.Returning returning, Judged arrival) {
    String name = returning.provider();
    try {
      Asserted asserted = arrival.judge();
      IdentityProvider provider = admission.provider(name, Audience.ADMINISTRATORS);
      admission.note(provider, asserted);
      RoleMapping by =
          provider.administrators().stream()
              .filter(each -> each.fits(asserted.person()))
              .findFirst()
              .orElseThrow(() ->
                  new SignInException(
                      SignInFault.NO_ROLE, said(asserted) + " has no group or attribute with one"));
      return entry.enter(
          head,
          new AdministratorEntry.Entrant(
              provider,
              admission.user(provider, asserted),
              by,
              asserted.authentication(),
              returning.device().state()));
    } catch (SignInException e) {
      LOG.info("administrator refused: {}: {}", e.fault().code(), e.getMessage());
      entry.refused(head, name, e);
      return Pages.faultAtAdministrators(e.fault());
    }
  }

  /** Who it is, in the provider's words, fit for one line. */
  private static String said(Asserted asserted) {
    String who = asserted.person().subject() + " " + asserted.person().email();
    return who.substring(0, Math.min(who.length(), SAID_MAX)).replaceAll("[^\\x20-\\x7e]", "?");
  }
}

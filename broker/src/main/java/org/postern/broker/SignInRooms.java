package org.postern.broker;

import java.net.URI;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.postern.broker.admin.ProviderDesk;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.HttpsLimits;
import org.postern.broker.front.Route;
import org.postern.broker.front.WebLoops;
import org.postern.broker.signals.SignalLimits;
import org.postern.broker.signals.Signals;
import org.postern.broker.signin.AdministratorEntry;
import org.postern.broker.signin.DeviceCodeDoor;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.OutboundHttp;
import org.postern.broker.signin.ProviderClient;
import org.postern.broker.signin.Providers;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.SignIn;
import org.postern.broker.signin.SignInLimits;
import org.postern.broker.signin.SignOutDoor;
import org.postern.broker.signin.TestTickets;
import org.postern.broker.signin.oidc.OidcClients;
import org.postern.broker.signin.oidc.OidcDoor;
import org.postern.broker.signin.saml.SamlClients;
import org.postern.broker.signin.saml.SamlDoor;
import org.postern.identity.ServiceKey;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.audit.AuditLog;

/** The rooms in which people sign in, wired. */
final class SignInRooms {
  private final SignIn signIn;
  private static final int SECRET_BYTES = 20;
  private static final int ADDRESSES_TRACKED = 4_096;

  private final OidcDoor oidc;
  private final ProviderDesk desk;
  private final Signals signals;
  private final DeviceCodeDoor codes;
  private final Gates gates;
  private final SignOutDoor signOut;
  private final SamlDoor saml;

  /**
   * From where the rooms are reached, and what they believe.
   *
   * @param configured the identity providers of the current policy
   * @param privateIssuers issuers that may live at private addresses, by the operator's word
   * @param audit for what strangers may try as well
   * @param trustPem certificates to trust for all providers instead of the JDK's
   * @param entry where administrators get their session
   * @param limits how much one address may ask for
   * @param sealer seals what lets an administrator's browser begin a test sign-in
   */
  record Place(
      Supplier<List<IdentityProvider>> configured,
      URI publicUrl,
      Set<String> privateIssuers,
      Optional<String> trustPem,
      SecretSealer sealer,
      AdministratorEntry entry,
      WebLoops web,
      AuditLog audit,
      HttpsLimits limits) {}

  /** What one address may ask for, besides the rate of all its requests. */
  private record Gates(Route.Gate beginnings, Route.Gate waiting, Route.Gate polls) {
    static Gates of(HttpsLimits limits, LongSupplier nanoTime) {
      return new Gates(
          Route.rate(
              new AddressRate(
                  limits.beginningsPerMinute(),
                  limits.sensitiveBurst(),
                  ADDRESSES_TRACKED,
                  nanoTime)),
          Route.rate(
              AddressRate.even(limits.waitingDevicesPerMinute(), ADDRESSES_TRACKED, nanoTime)),
          Route.rate(AddressRate.even(limits.pollsPerMinute(), ADDRESSES_TRACKED, nanoTime)));
    }
  }

  SignInRooms(
      Place place,
      Repositories stored,
      InstantSource clock,
      LongSupplier nanoTime,
      SecureRandom random) {
    SignInLimits limits = SignInLimits.DEFAULT;
    Outbound outbound = new OutboundHttp(place.web().vertx(), limits, place.trustPem());
    ServiceKeyRing keys =
        new ServiceKeyRing(
            stored.serviceKeys(),
            () -> ServiceKey.generate(place.publicUrl().getHost(), clock.instant()),
            nanoTime);
    OidcClients oidcClients =
        new OidcClients(
            stored.clientSecrets(),
            keys,
            place.privateIssuers(),
            place.publicUrl(),
            place.sealer(),
            outbound,
            limits,
            clock);
    SamlClients samlClients =
        new SamlClients(keys, place.privateIssuers(), place.publicUrl(), outbound, limits, clock);
    Providers providers =
        new Providers(place.configured(), provider -> client(provider, oidcClients, samlClients));
    TestTickets tickets = new TestTickets(place.sealer(), random, clock);
    signIn =
        new SignIn(
            providers,
            new SignIn.Repositories(
                stored.signIns(), stored.users(), stored.notes(), stored.codes(), tickets),
            limits,
            clock,
            random,
            place.audit(),
            place.entry());
    codes =
        new DeviceCodeDoor(
            signIn,
            stored.codes(),
            AddressRate.even(place.limits().codesPerMinute(), ADDRESSES_TRACKED, nanoTime),
            limits,
            clock,
            random,
            place.publicUrl().toString());
    signals =
        new Signals(
            stored.signals(),
            new Signals.Needs(
                place.configured(), outbound, place.privateIssuers(), clock, nanoTime, random),
            SignalLimits.DEFAULT);
    gates = Gates.of(place.limits(), nanoTime);
    signOut =
        new SignOutDoor(
            signIn,
            providers,
            stored.sessions(),
            stored.users(),
            stored.signOuts(),
            place.publicUrl(),
            () -> secret(random));
    desk = new ProviderDesk(providers, keys, stored.notes(), tickets);
    saml = new SamlDoor(signIn, providers, stored.sessions(), stored.once(), () -> secret(random));
    oidc = new OidcDoor(signIn, providers, keys, stored.sessions(), stored.once());
  }

  private static ProviderClient client(
      IdentityProvider provider, OidcClients oidc, SamlClients samls) {
    return switch (provider.protocol()) {
      case IdentityProvider.OpenIdConnect openId -> oidc.client(provider, openId);
      case IdentityProvider.Saml saml -> samls.client(provider, saml);
    };
  }

  private static String secret(SecureRandom random) {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** For administrators. */
  ProviderDesk desk() {
    return desk;
  }

  /** What providers signal about their people. */
  Signals signals() {
    return signals;
  }

  List<Route> routes(int bodyBytesMax, Route.Gate rate) {
    List<Route> routes = new ArrayList<>();
    routes.addAll(signIn.routes(rate.then(gates.beginnings())));
    routes.addAll(codes.routes(rate, rate.then(gates.waiting()), gates.polls()));
    routes.addAll(signOut.routes(rate));
    routes.addAll(oidc.routes(bodyBytesMax, rate));
    routes.addAll(saml.routes(rate));
    return routes;
  }
}

package org.postern.broker.signin;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.broker.front.Reply;
import org.postern.policystore.Demand;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Audience;
import org.postern.policystore.jdbc.SignIns;

/** Sends browsers to providers, each with a secret to come back with. Safe on any thread. */
final class Departures {
  private static final int SECRET_BYTES = 32;
  private static final int EMAIL_MAX = 254;

  private final Providers providers;
  private final SignIns signIns;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final SecureRandom random;

  Departures(
      Providers providers,
      SignIns signIns,
      SignInLimits limits,
      InstantSource clock,
      SecureRandom random) {
    this.providers = providers;
    this.signIns = signIns;
    this.limits = limits;
    this.clock = clock;
    this.random = random;
  }

  /** Notes a sign-in that leaves for the provider; false if it cannot. */
  @FunctionalInterface
  interface Noter {
    boolean note(String provider, ProviderClient.Attempt attempt);
  }

  /** The provider that signs in these people with this address. */
  Optional<IdentityProvider> forAddress(String address, Audience audience) {
    return address.length() > EMAIL_MAX || address.indexOf('@') < 1
        ? Optional.empty()
        : providers.forAddress(address, audience);
  }

  /** Notes where it shall end. */
  Noter noting(SignIns.DeviceReturn to, Demand demand) {
    return (provider, attempt) ->
        signIns.begin(
            new SignIns.Beginning(
                attempt.state(),
                provider,
                attempt.nonce(),
                attempt.verifier(),
                to,
                demand,
                clock.instant().plus(limits.signInAge())));
  }

  /**
   * On to the provider.
   *
   * @param audience whom it must sign in; null: this is a test, which lets nobody in
   */
  Reply depart(String name, String hint, Demand demand, @Nullable Audience audience, Noter noter)
      throws SignInException {
    ProviderClient client =
        providers
            .find(name)
            .orElseThrow(
                () -> new SignInException(SignInFault.PROVIDER_UNKNOWN, "unknown provider"));
    if (audience != null) {
      Admission.require(client.provider(), audience);
    }
    String browsers = secret();
    ProviderClient.Attempt attempt =
        new ProviderClient.Attempt(StateCookie.stateOf(browsers), secret(), secret(), hint, demand);
    ProviderClient.Departure departure = client.depart(attempt);
    if (!noter.note(name, attempt)) {
      throw new SignInException(SignInFault.TOO_MANY, "too many sign-ins are under way");
    }
    return Pages.onward(departure, name)
        .withCookie(StateCookie.set(browsers, limits.signInAge().toSeconds()));
  }

  /** 256 bits, as text. */
  String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}

package org.postern.broker.signin;

import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Audience;
import org.postern.policystore.UserRecord;
import org.postern.policystore.jdbc.PlaceholderSubjectException;
import org.postern.policystore.jdbc.ProviderNotes;
import org.postern.policystore.jdbc.Users;

/** From what a provider asserts to the user it is about. Blocking; safe on any thread. */
final class Admission {
  private final Providers providers;
  private final ProviderNotes notes;
  private final Users users;

  Admission(Providers providers, ProviderNotes notes, Users users) {
    this.providers = providers;
    this.notes = notes;
    this.users = users;
  }

  /** The provider as it is configured now; for this audience, or not at all. */
  IdentityProvider provider(String name, Audience audience) throws SignInException {
    return require(
        providers
            .find(name)
            .map(ProviderClient::provider)
            .orElseThrow(() ->
                new SignInException(
                    SignInFault.PROVIDER_UNKNOWN, "the provider was removed meanwhile")),
        audience);
  }

  /** Refuses a provider that does not sign these people in. */
  static IdentityProvider require(IdentityProvider provider, Audience audience)
      throws SignInException {
    if (!provider.isFor(audience)) {
      throw new SignInException(
          switch (audience) {
            case USERS -> SignInFault.NOT_FOR_YOU;
            case ADMINISTRATORS -> SignInFault.NOT_FOR_ADMINISTRATORS;
          },
          provider.name() + " is not for " + audience.key());
    }
    return provider;
  }

  /** Notes what was said, and whether this provider may say it of this address. */
  void note(IdentityProvider provider, Asserted asserted) throws SignInException {
    notes.note(provider.name(), asserted.person().subject(), asserted.said());
    Mapping.checkDomain(provider, providers.all(), asserted.person().email());
  }

  /**
   * The user. Keyed by the provider and its own name for the person; never by an e-mail address.
   */
  UserRecord user(IdentityProvider provider, Asserted asserted) throws SignInException {
    UserRecord user;
    try {
      user = users.signIn(provider.name(), asserted.person());
    } catch (PlaceholderSubjectException e) {
      throw new SignInException(SignInFault.SUBJECT_RESERVED, String.valueOf(e.getMessage()), e);
    }
    if (user.disabled()) {
      throw new SignInException(SignInFault.USER_DISABLED, "user " + user.id() + " is disabled");
    }
    return user;
  }
}

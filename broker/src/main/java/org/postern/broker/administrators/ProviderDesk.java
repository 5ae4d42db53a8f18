package org.postern.broker.administrators;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.signin.AdministratorEntry;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Audience;
import org.postern.policystore.jdbc.AdministratorSessions;
import org.postern.policystore.jdbc.Administrators.Administrator;

/**
 * Administrators who sign in through a provider. Their accounts have no credentials here, and their
 * sessions end with the provider's word: when the user is shut out or signed out there, and when
 * the provider's list of roles changes.
 */
final class ProviderDesk implements AdministratorEntry {
  private final AdministratorStores stores;
  private final AdministratorLimits limits;
  private final Journal journal;
  private final Supplier<List<IdentityProvider>> configured;

  ProviderDesk(Tools tools, Supplier<List<IdentityProvider>> configured) {
    this.stores = tools.stores();
    this.limits = tools.limits();
    this.journal = tools.journal();
    this.configured = configured;
  }

  /** The names of those that sign in administrators. */
  List<String> names() {
    return configured.get().stream()
        .filter(each -> each.isFor(Audience.ADMINISTRATORS))
        .map(IdentityProvider::name)
        .sorted()
        .toList();
  }

  @Override
  public Reply enter(Head head, Entrant entrant) throws SignInException {
    IdentityProvider provider = entrant.provider();
    String role = entrant.by().role();
    if (!stores.accounts().isRole(role)) {
      throw new SignInException(SignInFault.NO_ROLE, "the role " + role + " was removed");
    }
    Administrator who = stores.ofProviders().admit(provider.name(), entrant.user(), role);
    Duration age =
        provider.sessionLength().compareTo(limits.sessionAge()) < 0
            ? provider.sessionLength()
            : limits.sessionAge();
    AdministratorSessions.Opened opened =
        stores
            .sessions()
            .open(
                new AdministratorSessions.Opening(
                    who,
                    provider.name(),
                    head.from().getHostAddress(),
                    Ask.agent(head),
                    age,
                    new AdministratorSessions.Origin(
                        provider.name(),
                        entrant.authentication().providerSession(),
                        provider.administrators())))
            .orElseThrow(() ->
                new SignInException(
                    SignInFault.USER_DISABLED, "administrator " + who.name() + " is disabled"));
    journal.did(
        head,
        who,
        "sign-in",
        "through %s, role %s by %s, session %s"
            .formatted(provider.name(), role, entrant.by().reason(), opened.id()));
    String query = entrant.query();
    return BrowserSessions.signedIn(
        Reply.redirect(AdministratorDoor.PAGE + (query.isEmpty() ? "" : "?" + query)), opened, age);
  }

  @Override
  public void refused(Head head, String provider, SignInException why) {
    journal.refused(
        head,
        "",
        "sign-in",
        "through %s: %s: %s".formatted(provider, why.fault().code(), why.getMessage()));
  }
}

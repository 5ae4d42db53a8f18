package org.postern.policystore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// A provider that signs people in. Its name is its id.
///
/// @param domains e-mail domains, in lower case, whose users sign in here; another provider's word
///   on an address in these domains does not count
/// @param anyDomain addresses of domains that no provider has are accepted from this one as well
/// @param audiences who may sign in through it
/// @param attributes what is taken over of what it says about a person
/// @param sessionLength of a device whose user signs in here, and at most of an administrator
/// @param administrators who becomes an administrator, if administrators sign in here: the first
///   that fits
/// @param devicesPerUser how many devices one of its users may have at a time
public record IdentityProvider(
    String name,
    Protocol protocol,
    List<String> domains,
    boolean anyDomain,
    Set<Audience> audiences,
    Attributes attributes,
    Duration sessionLength,
    List<RoleMapping> administrators,
    int devicesPerUser) {

  /// The claim that is read when the document names none.
  public static final String GROUPS_CLAIM_DEFAULT = "groups";

  /// How long a sign-in lasts when the document does not say.
  public static final Duration SESSION_LENGTH_DEFAULT = Duration.ofHours(12);

  /// How many devices a user may have when the document does not say.
  public static final int DEVICES_PER_USER_DEFAULT = PolicyLimits.DEFAULT.devicesPerUser();

  /// Copies the collections.
  public IdentityProvider {
    domains = List.copyOf(domains);
    audiences = Set.copyOf(audiences);
    administrators = List.copyOf(administrators);
  }

  /// One that makes nobody an administrator.
  public IdentityProvider(
      String name,
      Protocol protocol,
      List<String> domains,
      boolean anyDomain,
      Set<Audience> audiences,
      Attributes attributes,
      Duration sessionLength) {
    this(
        name,
        protocol,
        domains,
        anyDomain,
        audiences,
        attributes,
        sessionLength,
        List.of(),
        DEVICES_PER_USER_DEFAULT);
  }

  /// One whose sign-ins last as long as usual.
  public IdentityProvider(
      String name,
      Protocol protocol,
      List<String> domains,
      boolean anyDomain,
      Set<Audience> audiences,
      Attributes attributes) {
    this(name, protocol, domains, anyDomain, audiences, attributes, SESSION_LENGTH_DEFAULT);
  }

  /// An OpenID Connect provider for users that has nothing special about it.
  public IdentityProvider(
      String name,
      String issuer,
      String clientId,
      ClientSecret secret,
      String groupsClaim,
      List<String> domains,
      boolean allowPlainHttp) {
    this(
        name,
        new OpenIdConnect(issuer, clientId, secret, allowPlainHttp),
        domains,
        false,
        Set.of(Audience.USERS),
        new Attributes(groupsClaim, Map.of()));
  }

  /// How it is talked to.
  public sealed interface Protocol permits OpenIdConnect, Saml {}

  /// OpenID Connect Core 1.0, authorization code with a proof key.
  ///
  /// @param issuer the issuer URL, exactly as the provider's tokens name it
  /// @param allowPlainHttp the issuer may be an http URL on another host: for tests and
  ///   demonstrations
  /// @param scopes what is asked for besides `openid`; empty: [#SCOPES_DEFAULT]
  /// @param userInfo claims that the ID token lacks are always read from the UserInfo endpoint;
  ///   otherwise when it has no address
  public record OpenIdConnect(
      String issuer,
      String clientId,
      ClientSecret secret,
      boolean allowPlainHttp,
      List<String> scopes,
      boolean userInfo)
      implements Protocol {
    /// What is asked for when the document does not say.
    public static final List<String> SCOPES_DEFAULT = List.of("email", "profile");

    /// Copies the list.
    public OpenIdConnect {
      scopes = List.copyOf(scopes);
    }

    /// With the usual scopes.
    public OpenIdConnect(
        String issuer, String clientId, ClientSecret secret, boolean allowPlainHttp) {
      this(issuer, clientId, secret, allowPlainHttp, List.of(), false);
    }
  }

  /// SAML 2.0, we are the service provider.
  ///
  /// @param entityId the provider's entity ID; empty: the only one that its metadata has
  /// @param subject what a person is known by: `NameID`, or the name of an attribute; empty: the
  ///   NameID, unless its format says that it is an e-mail address or made up for one visit
  /// @param email attribute that holds the e-mail address; empty: one of the usual names
  /// @param displayName attribute that holds the name for people to read; empty: one of the usual
  ///   names
  /// @param consumerUrls more addresses of this deployment (`https://HOST`) at which responses
  ///   arrive, besides the public one
  /// @param metadataSigners who may sign the metadata, each a certificate (PEM) or its SHA-256 (64
  ///   lower-case hexadecimal digits); empty: it need not be signed
  public record Saml(
      SamlMetadata metadata,
      String entityId,
      String subject,
      String email,
      String displayName,
      Set<SamlOption> options,
      List<String> consumerUrls,
      List<String> metadataSigners)
      implements Protocol {
    /// Copies the collections.
    public Saml {
      options = Set.copyOf(options);
      consumerUrls = List.copyOf(consumerUrls);
      metadataSigners = List.copyOf(metadataSigners);
    }

    /// One whose metadata need not be signed.
    public Saml(
        SamlMetadata metadata,
        String entityId,
        String subject,
        String email,
        String displayName,
        Set<SamlOption> options,
        List<String> consumerUrls) {
      this(metadata, entityId, subject, email, displayName, options, consumerUrls, List.of());
    }
  }

  /// Where a SAML provider describes itself.
  public sealed interface SamlMetadata {
    /// Fetched, and fetched again from time to time.
    record Url(String url) implements SamlMetadata {}

    /// A file on the broker's host, read again when it changes.
    record File(String path) implements SamlMetadata {}

    /// Written in the policy document.
    record Inline(String xml) implements SamlMetadata {}
  }

  /// What may be switched on for a SAML provider.
  public enum SamlOption {
    /// Responses that nobody asked for are accepted (sign-in begun at the provider).
    UNSOLICITED("allowUnsolicited"),
    /// The provider must ask the person again, whatever session they have there.
    FORCE_AUTHN("forceAuthn"),
    /// Assertions must be encrypted.
    ENCRYPTED("requireEncryption"),
    /// Requests go by POST instead of redirect.
    POST("requestByPost");

    private final String key;

    SamlOption(String key) {
      this.key = key;
    }

    /// The word for it in policy documents and tables.
    public String key() {
      return key;
    }
  }

  /// Who signs in.
  public enum Audience {
    /// People on their devices.
    USERS("users"),
    /// Administrators at the console.
    ADMINISTRATORS("administrators");

    private final String key;

    Audience(String key) {
      this.key = key;
    }

    /// The word for it in policy documents and tables.
    public String key() {
      return key;
    }
  }

  /// What is taken over.
  ///
  /// @param groups the claim or attribute that lists group names
  /// @param named names that policy uses, and the claim or attribute (or `NameID`) that each holds
  public record Attributes(String groups, Map<String, String> named) {
    /// Copies the map.
    public Attributes {
      named = Map.copyOf(named);
    }

    /// The pairs one after the other, in order of their names, as tables keep them.
    public List<String> flat() {
      List<String> flat = new ArrayList<>();
      new TreeMap<>(named)
          .forEach((name, source) -> {
            flat.add(name);
            flat.add(source);
          });
      return flat;
    }
  }

  /// Whether rules may rely on an address that this provider asserts: the address lies in one of
  /// its domains, or it names none and is the only provider, or it is the one for addresses of
  /// domains that nobody has. Otherwise a second provider could make anyone a member of anything.
  ///
  /// @param all the providers there are, this one among them
  public boolean vouchesFor(String email, Collection<IdentityProvider> all) {
    int at = email.lastIndexOf('@');
    if (at < 0) {
      return false;
    }
    String domain = email.substring(at + 1);
    return domains.contains(domain)
        || (domains.isEmpty() && all.size() == 1)
        || (anyDomain && all.stream().noneMatch(each -> each.domains().contains(domain)));
  }

  /// Whether it signs these people in.
  public boolean isFor(Audience audience) {
    return audiences.contains(audience);
  }

  /// The client secret; none for a provider that is not asked with one.
  public ClientSecret secret() {
    return switch (protocol) {
      case OpenIdConnect openId -> openId.secret();
      case Saml saml -> new ClientSecret.None();
    };
  }

  /// The same provider with another word on its client secret.
  public IdentityProvider with(ClientSecret secret) {
    Protocol changed =
        switch (protocol) {
          case OpenIdConnect(
                  String issuer,
                  String client,
                  ClientSecret old,
                  boolean plain,
                  var scopes,
                  boolean userInfo) ->
              new OpenIdConnect(issuer, client, secret, plain, scopes, userInfo);
          case Saml saml -> saml;
        };
    return new IdentityProvider(
        name,
        changed,
        domains,
        anyDomain,
        audiences,
        attributes,
        sessionLength,
        administrators,
        devicesPerUser);
  }
}

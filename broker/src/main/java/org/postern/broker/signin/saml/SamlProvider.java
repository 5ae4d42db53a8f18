package org.postern.broker.signin.saml;

import java.net.URI;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.opensaml.saml.saml2.core.AuthnRequest;
import org.opensaml.saml.saml2.core.LogoutRequest;
import org.opensaml.saml.saml2.core.LogoutResponse;
import org.postern.broker.signin.ProviderClient;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.identity.ServiceKey;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Saml;
import org.postern.policystore.IdentityProvider.SamlMetadata;
import org.postern.policystore.IdentityProvider.SamlOption;

/** One SAML provider, as its service provider. Blocking; safe on any thread. */
final class SamlProvider implements ProviderClient {
  private final IdentityProvider provider;
  private final Saml saml;
  private final SamlSettings settings;
  private final ServicePlaces places;
  private final MetadataSource source;
  private final PersonReader people;
  private final ResponseCheck responses;

  /**
   * A provider's client.
   *
   * @param privateAddresses metadata addresses that may be private, by the operator's word
   */
  SamlProvider(
      IdentityProvider provider, Saml saml, Set<String> privateAddresses, SamlSettings settings) {
    this.provider = provider;
    this.saml = saml;
    this.settings = settings;
    this.places = ServicePlaces.of(provider, saml, settings.publicUrl());
    boolean privateAllowed =
        saml.metadata() instanceof SamlMetadata.Url(String url) && privateAddresses.contains(url);
    this.source = new MetadataSource(saml, privateAllowed, settings);
    this.people = new PersonReader(provider, saml, settings.signIn());
    this.responses = new ResponseCheck(settings);
  }

  @Override
  public IdentityProvider provider() {
    return provider;
  }

  ServicePlaces places() {
    return places;
  }

  Saml saml() {
    return saml;
  }

  MetadataSource source() {
    return source;
  }

  SamlSettings settings() {
    return settings;
  }

  boolean allows(SamlOption option) {
    return saml.options().contains(option);
  }

  /** What a request is called that belongs to a sign-in. */
  static String requestId(String nonce) {
    return "_" + nonce;
  }

  @Override
  public Departure depart(Attempt attempt) throws SignInException {
    IdpMetadata metadata = source.current();
    boolean byPost = metadata.redirect().isEmpty() || allows(SamlOption.POST);
    URI to =
        (byPost ? metadata.post() : metadata.redirect())
            .orElseThrow(() ->
                new SignInException(
                    SignInFault.PROVIDER_MISCONFIGURED, "metadata has no place to post requests"));
    AuthnRequest request =
        Requests.authn(
            requestId(attempt.nonce()),
            settings.clock().instant(),
            to,
            places,
            saml.subject().isEmpty(),
            new Requests.Wanted(
                allows(SamlOption.FORCE_AUTHN) || attempt.demand().since() != null,
                attempt.demand().context()));
    ServiceKey key = settings.keys().get().active();
    return byPost
        ? Messages.post(to, "SAMLRequest", request, attempt.state(), key)
        : new Departure.Redirect(
            Messages.redirect(to, "SAMLRequest", request, attempt.state(), key));
  }

  /** Judges a response; a signature that fits no key may be one of a new key. */
  VerifiedResponse verify(byte[] xml) throws SignInException {
    IdpMetadata known = source.current();
    try {
      return responses.check(xml, expectations(known));
    } catch (SignInException e) {
      IdpMetadata fresh = known;
      if (e.fault() == SignInFault.SAML_SIGNATURE) {
        fresh = source.afterRotation(known);
      }
      if (fresh.certificates().equals(known.certificates())) {
        throw e;
      }
      return responses.check(xml, expectations(fresh));
    }
  }

  /** The same refusal of a test sign-in, with what an administrator can do about it. */
  SignInException explained(SignInException refusal, byte[] xml) throws SignInException {
    SamlLimits limits = settings.saml();
    return new WhoSigned(
            source.current(),
            decryptionKeys(),
            new SafeXml.Bounds(limits.messageBytes(), limits.depth(), limits.nodes()))
        .explain(refusal, xml);
  }

  private List<PrivateKey> decryptionKeys() {
    List<PrivateKey> keys = new ArrayList<>();
    settings.keys().get().published().stream()
        .map(ServiceKeyRing.Entry::key)
        .map(ServiceKey::privateKey)
        .forEach(keys::add);
    return keys;
  }

  private ResponseCheck.Expectations expectations(IdpMetadata metadata) {
    return new ResponseCheck.Expectations(
        metadata,
        places,
        new AssertionCheck(
            metadata.entityId(), places, people, allows(SamlOption.FORCE_AUTHN), settings),
        decryptionKeys(),
        allows(SamlOption.ENCRYPTED));
  }

  /** Only where the person is known by the NameID do we have a name to say. */
  @Override
  public Optional<Departure> signOut(SignOut signOut) throws SignInException {
    Optional<IdpMetadata.SignOutPlace> place = source.current().signOut();
    if (place.isEmpty() || !isKnownByNameId()) {
      return Optional.empty();
    }
    URI to = place.get().requests();
    LogoutRequest request =
        Requests.logout(
            requestId(signOut.state()),
            settings.clock().instant(),
            to,
            places,
            signOut.subject(),
            signOut.providerSession());
    return Optional.of(
        new Departure.Redirect(
            Messages.redirect(to, "SAMLRequest", request, "", settings.keys().get().active())));
  }

  boolean isKnownByNameId() {
    return saml.subject().isEmpty() || saml.subject().equals(PersonReader.NAME_ID);
  }

  /**
   * Our answer to a sign-out that the provider asked for; nothing if it has no place for it.
   *
   * @param known there was such a session
   */
  Optional<URI> signedOut(String id, String inResponseTo, boolean known, String relay)
      throws SignInException {
    return source
        .current()
        .signOut()
        .map(place -> {
          LogoutResponse response =
              Requests.loggedOut(
                  id, settings.clock().instant(), place.responses(), places, inResponseTo, known);
          return Messages.redirect(
              place.responses(), "SAMLResponse", response, relay, settings.keys().get().active());
        });
  }

  String metadata() {
    return ServiceMetadata.write(places, settings.keys().get());
  }

  @Override
  public List<Finding> examine() {
    return new SamlExamination(this).run();
  }
}

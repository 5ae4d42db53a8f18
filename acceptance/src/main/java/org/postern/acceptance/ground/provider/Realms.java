package org.postern.acceptance.ground.provider;

import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Organisations in one Keycloak, and the policy that knows them. */
public final class Realms {
  /** Where everybody works but bob. */
  public static final String RESEARCH = "Forschung & Übersee";

  private Realms() {}

  private static String user(String name, String domain, String department) {
    return """
    {"username": "%1$s", "enabled": true, "email": "%1$s@%2$s", "emailVerified": true, "firstName": "%1$s",
     "lastName": "Ünïcode", "groups": ["/staff"], "attributes": {"department": ["%3$s"]},
     "credentials": [{"type": "password", "value": "secret-of-%1$s", "temporary": false}]}
    """
        .formatted(name, domain, department);
  }

  private static String samlClient(
      String id, String shortName, URI broker, String certificate, boolean encrypted) {
    String consumer = broker.resolve("/signin/saml/corp/acs").toString();
    return """
    {"clientId": "%s", "protocol": "saml", "enabled": true, "frontchannelLogout": true,
     "redirectUris": ["%s"], "fullScopeAllowed": true,
     "attributes": {
       "saml.assertion.signature": "true", "saml.server.signature": "true",
       "saml.client.signature": "%s", "saml.signing.certificate": "%s",
       "saml.encrypt": "%s", "saml.encryption.certificate": "%s",
       "saml.signature.algorithm": "RSA_SHA256", "saml.force.post.binding": "true",
       "saml_force_name_id_format": "true", "saml_name_id_format": "persistent",
       "saml.authnstatement": "true", "saml_idp_initiated_sso_url_name": "%s",
       "saml_assertion_consumer_url_post": "%s",
       "saml_single_logout_service_url_redirect": "%s"},
     "protocolMappers": [
       {"name": "mail", "protocol": "saml", "protocolMapper": "saml-user-property-mapper",
        "config": {"user.attribute": "email", "attribute.name": "mail", "attribute.nameformat": "Basic"}},
       {"name": "dept", "protocol": "saml", "protocolMapper": "saml-user-attribute-mapper",
        "config": {"user.attribute": "department", "attribute.name": "dept", "attribute.nameformat": "Basic"}},
       {"name": "groups", "protocol": "saml", "protocolMapper": "saml-group-membership-mapper",
        "config": {"attribute.name": "groups", "attribute.nameformat": "Basic", "single": "true", "full.path": "false"}}]}
    """
        .formatted(
            id,
            consumer,
            encrypted,
            certificate,
            encrypted,
            certificate,
            shortName,
            consumer,
            broker.resolve("/signin/saml/corp/slo"));
  }

  private static String realm(String name, List<String> users, String clients) {
    return """
    {"realm": "%s", "enabled": true, "sslRequired": "none", "attributes": {"ssf.transmitterEnabled": "true"}, "groups": [{"name": "staff"}],
     "components": {"org.keycloak.userprofile.UserProfileProvider": [{"providerId": "declarative-user-profile",
       "config": {"kc.user.profile.config": ["{\\"unmanagedAttributePolicy\\":\\"ENABLED\\",\\"attributes\\":[{\\"name\\":\\"username\\"},{\\"name\\":\\"email\\"},{\\"name\\":\\"firstName\\"},{\\"name\\":\\"lastName\\"}]}"]}}]},
     "users": [%s], "clients": [%s]}
    """
        .formatted(name, users.stream().collect(Collectors.joining(",")), clients);
  }

  /** Speaks SAML. */
  public static String people(URI broker, String certificate) {
    List<String> users =
        List.of("alice", "bob", "carol", "dave").stream()
            .map(each -> user(each, "example.com", each.equals("bob") ? "Vertrieb" : RESEARCH))
            .toList();
    return realm(
        "people",
        users,
        samlClient(
                broker.resolve("/signin/saml/corp").toString(),
                "postern",
                broker,
                certificate,
                true)
            + ","
            + samlClient("https://somebody.else", "other", broker, certificate, false));
  }

  /** Speaks OpenID Connect; our key is our proof. */
  public static String partners(URI broker) {
    return realm(
        "partners",
        List.of(user("pat", "partner.example", RESEARCH), user("mallory", "example.com", RESEARCH)),
        """
        {"clientId": "postern", "protocol": "openid-connect", "enabled": true, "publicClient": false,
         "standardFlowEnabled": true, "redirectUris": ["%s"], "clientAuthenticatorType": "client-jwt",
         "attributes": {"use.jwks.url": "true", "jwks.url": "%s",
           "backchannel.logout.url": "%s", "backchannel.logout.session.required": "true",
           "post.logout.redirect.uris": "%s",
           "pkce.code.challenge.method": "S256"}},
        {"clientId": "signals", "protocol": "openid-connect", "enabled": true, "publicClient": false,
         "secret": "unused", "serviceAccountsEnabled": true, "standardFlowEnabled": false,
         "attributes": {"ssf.enabled": "true", "ssf.validPushUrls": "%s*", "ssf.defaultSubjects": "ALL",
           "ssf.streamAudience": "https://postern.example/signals"}}
        """
            .formatted(
                broker.resolve("/signin/callback"),
                broker.resolve("/signin/oidc/keys"),
                broker.resolve("/signin/oidc/partner/logout"),
                broker.resolve("/signin/signed-out"),
                broker.resolve("/signals/")));
  }

  /** Speaks OpenID Connect; a secret is our proof. Tells browsers, not us, of sign-outs. */
  public static String contractors(URI broker) {
    return realm(
        "contractors",
        List.of(user("kim", "contractor.example", RESEARCH)),
        """
        {"clientId": "postern", "protocol": "openid-connect", "enabled": true, "publicClient": false,
         "standardFlowEnabled": true, "redirectUris": ["%s"], "secret": "secret-of-postern",
         "frontchannelLogout": true,
         "attributes": {"frontchannel.logout.url": "%s", "frontchannel.logout.session.required": "true",
           "post.logout.redirect.uris": "%s", "pkce.code.challenge.method": "S256"}}
        """
            .formatted(
                broker.resolve("/signin/callback"),
                broker.resolve("/signin/oidc/contractor/logout"),
                broker.resolve("/signin/signed-out")));
  }

  /**
   * All three; the option is one more line of the SAML provider.
   *
   * @param secure where the contractors find the same Keycloak
   */
  public static String policy(URI keycloak, URI secure, String samlOption) {
    return """
    version: 1
    groups: [{name: staff, from: [corp, partner]}]
    identityProviders:
      - name: corp
        domains: [example.com]
        attributes: {department: dept}
        saml:
          metadataUrl: %1$s/realms/people/protocol/saml/descriptor
          %2$s
      - name: partner
        domains: [partner.example]
        issuer: %1$s/realms/partners
        clientId: postern
        clientKey: true
        attributes: {account: preferred_username}
        signIn: [users, administrators]
        administrators: [{attribute: account, value: pat, role: auditor}]
      - name: contractor
        domains: [contractor.example]
        issuer: %3$s/realms/contractors
        clientId: postern
        clientSecret: secret-of-postern
        userInfo: true
    """
        .formatted(keycloak, samlOption, secure);
  }

  /**
   * Many people, whose realm speaks both: to the broker, and to whoever stands at {@link
   * Visitor#DEVICE} with the secret {@code direct-secret}.
   */
  public static String crowd(URI broker, String certificate, int size) {
    List<String> users =
        IntStream.range(0, size)
            .boxed()
            .flatMap(i ->
                Stream.of(
                    user("saml" + i, "example.com", RESEARCH),
                    user("oidc" + i, "example.org", RESEARCH)))
            .toList();
    return realm(
        "crowd",
        users,
        samlClient(
                broker.resolve("/signin/saml/corp").toString(),
                "postern",
                broker,
                certificate,
                true)
            + """
            ,{"clientId": "postern", "protocol": "openid-connect", "enabled": true, "publicClient": false,
             "standardFlowEnabled": true, "redirectUris": ["%1$s"], "clientAuthenticatorType": "client-jwt",
             "attributes": {"use.jwks.url": "true", "jwks.url": "%2$s", "pkce.code.challenge.method": "S256"}},
            {"clientId": "direct", "protocol": "openid-connect", "enabled": true, "publicClient": false,
             "standardFlowEnabled": true, "redirectUris": ["%3$s*"], "secret": "direct-secret",
             "attributes": {"pkce.code.challenge.method": "S256"}},
            {"clientId": "direct-saml", "protocol": "saml", "enabled": true, "redirectUris": ["%3$s*"],
             "fullScopeAllowed": true,
             "attributes": {"saml.assertion.signature": "true", "saml.server.signature": "true",
               "saml.client.signature": "false", "saml.signature.algorithm": "RSA_SHA256",
               "saml.force.post.binding": "true", "saml_assertion_consumer_url_post": "%3$sacs"}}
            """
                .formatted(
                    broker.resolve("/signin/callback"),
                    broker.resolve("/signin/oidc/keys"),
                    Visitor.DEVICE));
  }

  /** The crowd by either protocol. */
  public static String crowdPolicy(URI keycloak) {
    return """
    version: 1
    groups: [{name: staff}]
    identityProviders:
      - name: corp
        domains: [example.com]
        saml:
          metadataUrl: %1$s/realms/crowd/protocol/saml/descriptor
      - name: openid
        domains: [example.org]
        issuer: %1$s/realms/crowd
        clientId: postern
        clientKey: true
    """
        .formatted(keycloak);
  }
}

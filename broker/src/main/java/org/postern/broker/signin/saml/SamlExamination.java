package org.postern.broker.signin.saml;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.postern.broker.signin.ClockFinding;
import org.postern.broker.signin.ProviderClient.Finding;
import org.postern.broker.signin.ProviderClient.Grade;
import org.postern.broker.signin.SignInException;
import org.postern.identity.KeyCertificate;
import org.postern.policystore.IdentityProvider.SamlOption;

/** Walks through a SAML provider and says what it finds. */
final class SamlExamination {
  private static final Duration SOON = Duration.ofDays(30);

  private final SamlProvider client;
  private final List<Finding> findings = new ArrayList<>();

  SamlExamination(SamlProvider client) {
    this.client = client;
  }

  List<Finding> run() {
    add(Grade.GOOD, "our entity ID", client.places().entityId());
    add(
        Grade.GOOD,
        "our metadata",
        "give this address to the provider, or type in the consumer address: "
            + client.places().metadata());
    add(Grade.GOOD, "our consumer address", client.places().consumers().getFirst().toString());
    try {
      IdpMetadata metadata = client.source().look();
      add(Grade.GOOD, "metadata", "describes " + metadata.entityId());
      places(metadata);
      keys(metadata);
      validity(metadata);
      signature(metadata);
      subject();
      clock();
    } catch (SignInException e) {
      add(Grade.WRONG, "metadata", e.forAdministrator());
    }
    client
        .source()
        .failure()
        .ifPresent(failure ->
            add(
                Grade.WARNING,
                "metadata in use",
                "was read at %s and is kept: the reading at %s came to nothing. %s"
                    .formatted(failure.readAt(), failure.at(), failure.why())));
    return findings;
  }

  private void clock() {
    if (client.source().isPlain() && !client.source().isSigned()) {
      add(
          Grade.WARNING,
          "way",
          "metadata comes without TLS: who can change it on the way can sign in as anybody. Use"
              + " https, or name who signs it under metadataSigners.");
    }
    if (!client.source().date().isEmpty()) {
      findings.add(
          ClockFinding.of(
              client.source().date(),
              client.settings().clock().instant(),
              client.settings().signIn().clockSkew()));
    }
  }

  private void add(Grade grade, String what, String text) {
    findings.add(new Finding(grade, what, text));
  }

  private void places(IdpMetadata metadata) {
    boolean post = client.allows(SamlOption.POST) || metadata.redirect().isEmpty();
    if (post && metadata.post().isEmpty()) {
      add(Grade.WRONG, "sign-in", "requestByPost is set, but it has no place for that");
    } else {
      add(
          Grade.GOOD,
          "sign-in",
          "by %s at %s"
              .formatted(
                  post ? "POST" : "redirect",
                  (post ? metadata.post() : metadata.redirect()).orElseThrow()));
    }
    if (metadata.signOut().isEmpty()) {
      add(
          Grade.WARNING,
          "sign-out",
          "no single logout by redirect: signing out here does not sign out there");
    }
  }

  private void keys(IdpMetadata metadata) {
    Instant now = client.settings().clock().instant();
    for (KeyCertificate each : metadata.certificates()) {
      boolean soon = each.notAfter().isBefore(now.plus(SOON));
      boolean over = each.notAfter().isBefore(now);
      add(
          soon ? Grade.WARNING : Grade.GOOD,
          "signing key",
          "%s %s, its certificate %s %s%s"
              .formatted(
                  each.key().getAlgorithm(),
                  each.fingerprint().substring(0, 16),
                  over ? "ended" : "ends",
                  each.notAfter(),
                  soon ? ": a rotation is due; publish the new key beside this one" : ""));
    }
    if (metadata.weakKeys() > 0) {
      add(
          Grade.WARNING,
          "signing key",
          metadata.weakKeys() + " keys are too short and do not count (expected: RSA 2048, P-256)");
    }
  }

  private void validity(IdpMetadata metadata) {
    metadata
        .validUntil()
        .ifPresent(until -> {
          boolean soon =
              until.isBefore(
                  client
                      .settings()
                      .clock()
                      .instant()
                      .plus(client.settings().signIn().metadataAge()));
          add(soon ? Grade.WARNING : Grade.GOOD, "validity", "metadata is good until " + until);
        });
  }

  private void signature(IdpMetadata metadata) {
    if (!client.source().isSigned()) {
      return;
    }
    add(Grade.GOOD, "signature", "metadata is signed by certificate " + metadata.signer());
    if (metadata.validUntil().isEmpty()) {
      add(
          Grade.WARNING,
          "validity",
          "signed metadata without validUntil: who can change the way it comes can bring back an"
              + " old one. Ask the provider to say until when it is good.");
    }
  }

  private void subject() {
    add(
        Grade.GOOD,
        "subject",
        client.saml().subject().isEmpty()
            ? "people are known by a persistent NameID"
            : "people are known by " + client.saml().subject());
    if (client.allows(SamlOption.UNSOLICITED)) {
      add(Grade.WARNING, "unsolicited", "sign-ins that begin at the provider are accepted");
    }
  }
}

package org.postern.broker.signin.saml;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.RefetchBudget;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.IdentityProvider.Saml;
import org.postern.policystore.IdentityProvider.SamlMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A provider's metadata, read again when it is old, and when a signature fits none of its keys (the
 * provider may have rotated), but not more often than a budget allows. What cannot be read anew is
 * believed for some days longer, never past its own end. Blocking; safe on any thread.
 */
final class MetadataSource {
  private static final Logger LOG = LoggerFactory.getLogger(MetadataSource.class);

  private record Known(IdpMetadata metadata, Instant readAt, Instant triedAt) {
    /** When it is to be read anew. */
    Instant oldAt(Duration atMost) {
      return readAt.plus(
          metadata.cacheDuration().filter(said -> said.compareTo(atMost) < 0).orElse(atMost));
    }
  }

  /**
   * A reading that came to nothing, while what was read before goes on.
   *
   * @param readAt when what is used now was read
   */
  record Failure(Instant at, String why, Instant readAt) {}

  private final SamlMetadata source;
  private final String entityId;
  private final MetadataSigners signers;
  private final boolean privateAllowed;
  private final SamlSettings settings;
  private final RefetchBudget signIns;
  private final RefetchBudget signOuts;
  private volatile String date = "";
  private @Nullable Known known;
  private @Nullable Failure failure;

  /**
   * A source.
   *
   * @param privateAllowed the operator has said that it may be fetched from a private address
   */
  MetadataSource(Saml saml, boolean privateAllowed, SamlSettings settings) {
    this.source = saml.metadata();
    this.entityId = saml.entityId();
    this.signers = new MetadataSigners(saml.metadataSigners());
    this.privateAllowed = privateAllowed;
    this.settings = settings;
    this.signIns = new RefetchBudget(settings.signIn(), settings.clock());
    this.signOuts = new RefetchBudget(settings.signIn(), settings.clock());
  }

  /** The metadata, not older than it may be. */
  synchronized IdpMetadata current() throws SignInException {
    Known now = known;
    Instant time = settings.clock().instant();
    if (now == null) {
      return renew(time).metadata();
    }
    boolean old = !time.isBefore(now.oldAt(settings.signIn().metadataAge()));
    if (old && !time.isBefore(now.triedAt().plus(settings.signIn().refetchPause()))) {
      now = renewOrKeep(now, time);
    }
    return stillGood(now, time);
  }

  /** The metadata as it is there now, unless that was looked at too often: a response fits none. */
  IdpMetadata afterRotation(IdpMetadata seen) throws SignInException {
    return afterRotation(seen, signIns);
  }

  /** Likewise for a sign-out, which anybody may send: sign-ins do not suffer from it. */
  IdpMetadata afterRotationForSignOut(IdpMetadata seen) throws SignInException {
    return afterRotation(seen, signOuts);
  }

  @SuppressWarnings("ReferenceEquality") // What was read anew is another object.
  private synchronized IdpMetadata afterRotation(IdpMetadata seen, RefetchBudget budget)
      throws SignInException {
    Known now = known;
    Instant time = settings.clock().instant();
    if (now == null) {
      return renew(time).metadata();
    }
    boolean failing =
        now.triedAt().isAfter(now.readAt())
            && time.isBefore(now.triedAt().plus(settings.signIn().refetchPause()));
    if (now.metadata() != seen || failing || !budget.tryTake()) {
      return now.metadata();
    }
    return stillGood(renewOrKeep(now, time), time);
  }

  private Known renewOrKeep(Known now, Instant time) {
    try {
      return renew(time);
    } catch (SignInException e) {
      LOG.warn("metadata of {} is kept: {}", now.metadata().entityId(), e.getMessage());
      failure = new Failure(time, e.forAdministrator(), now.readAt());
      Known kept = new Known(now.metadata(), now.readAt(), time);
      known = kept;
      return kept;
    }
  }

  private IdpMetadata stillGood(Known now, Instant time) throws SignInException {
    if (time.isAfter(now.readAt().plus(settings.saml().metadataKept()))) {
      throw new SignInException(
          SignInFault.PROVIDER_UNREACHABLE, "metadata could not be read since " + now.readAt());
    }
    checkUntil(now.metadata(), time);
    return now.metadata();
  }

  private static void checkUntil(IdpMetadata metadata, Instant time) throws SignInException {
    if (metadata.validUntil().filter(until -> !time.isBefore(until)).isPresent()) {
      throw new SignInException(
              SignInFault.PROVIDER_MISCONFIGURED,
              "metadata was valid until " + metadata.validUntil().get())
          .advising(
              "The provider must publish it anew (or: fetch the file again); nobody signs in until"
                  + " then.");
    }
  }

  private Known renew(Instant time) throws SignInException {
    IdpMetadata fresh = IdpMetadata.parse(fetch(), entityId, signers, settings.saml());
    checkUntil(fresh, time);
    failure = null;
    Known now = new Known(fresh, time, time);
    known = now;
    return now;
  }

  /** Reads it anew and keeps nothing: for who wants to know how it is there. */
  IdpMetadata look() throws SignInException {
    IdpMetadata fresh = IdpMetadata.parse(fetch(), entityId, signers, settings.saml());
    checkUntil(fresh, settings.clock().instant());
    return fresh;
  }

  /** When the last answer was given, by the clock of who gave it; empty if it did not say. */
  String date() {
    return date;
  }

  /** The last reading, if it came to nothing. */
  synchronized Optional<Failure> failure() {
    return Optional.ofNullable(failure);
  }

  /** Whether it must be signed. */
  boolean isSigned() {
    return !signers.isEmpty();
  }

  /** Whether it came over a way on which others could change it. */
  boolean isPlain() {
    return source instanceof SamlMetadata.Url(String url) && url.startsWith("http:");
  }

  private byte[] fetch() throws SignInException {
    return switch (source) {
      case SamlMetadata.Inline(String xml) -> xml.getBytes(StandardCharsets.UTF_8);
      case SamlMetadata.File(String path) -> file(Path.of(path));
      case SamlMetadata.Url(String url) -> {
        Outbound.Answer answer =
            settings
                .outbound()
                .send(
                    new Outbound.Request(
                        "GET",
                        URI.create(url),
                        Map.of("Accept", "application/samlmetadata+xml, application/xml"),
                        "",
                        privateAllowed,
                        isSigned()));
        if (answer.status() != 200) {
          throw new SignInException(
                  SignInFault.PROVIDER_UNREACHABLE,
                  "metadata: status %d at %s".formatted(answer.status(), url))
              .advising("Copy metadataUrl anew from the provider's SAML settings.");
        }
        date = answer.date();
        yield answer.body().getBytes(StandardCharsets.UTF_8);
      }
    };
  }

  private byte[] file(Path path) throws SignInException {
    try {
      if (Files.size(path) > settings.saml().metadataBytes()) {
        throw new IOException("larger than " + settings.saml().metadataBytes() + " bytes");
      }
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new SignInException(
              SignInFault.PROVIDER_MISCONFIGURED,
              "metadata file %s cannot be read: %s".formatted(path, e.getMessage()),
              e)
          .advising("It must be on every broker's host, readable for the broker.");
    }
  }
}

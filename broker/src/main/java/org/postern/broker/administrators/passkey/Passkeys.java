package org.postern.broker.administrators.passkey;

import com.webauthn4j.WebAuthnManager;
import com.webauthn4j.converter.AttestedCredentialDataConverter;
import com.webauthn4j.converter.util.ObjectConverter;
import com.webauthn4j.credential.CredentialRecordImpl;
import com.webauthn4j.data.AuthenticationData;
import com.webauthn4j.data.AuthenticationParameters;
import com.webauthn4j.data.PublicKeyCredentialParameters;
import com.webauthn4j.data.PublicKeyCredentialType;
import com.webauthn4j.data.RegistrationData;
import com.webauthn4j.data.RegistrationParameters;
import com.webauthn4j.data.attestation.authenticator.AttestedCredentialData;
import com.webauthn4j.data.attestation.authenticator.AuthenticatorData;
import com.webauthn4j.data.attestation.statement.COSEAlgorithmIdentifier;
import com.webauthn4j.data.attestation.statement.NoneAttestationStatement;
import com.webauthn4j.data.client.Origin;
import com.webauthn4j.data.client.challenge.DefaultChallenge;
import com.webauthn4j.server.ServerProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Judges what browsers say of passkeys (WebAuthn level 3): the challenge is ours, the origin is
 * this broker's and no other, the user was present and verified, the signature fits the stored key.
 * Attestation is not asked for: which make an authenticator is says nothing of who holds it. Safe
 * on any thread.
 */
public final class Passkeys {
  /** COSE numbers of the algorithms taken, the best first: Ed25519, ES256, RS256. */
  public static final List<Integer> ALGORITHMS = List.of(-8, -7, -257);

  private static final List<PublicKeyCredentialParameters> PARAMETERS =
      ALGORITHMS.stream()
          .map(number ->
              new PublicKeyCredentialParameters(
                  PublicKeyCredentialType.PUBLIC_KEY, COSEAlgorithmIdentifier.create(number)))
          .toList();

  private final String rpId;
  private final Origin origin;
  private final ObjectConverter converter = new ObjectConverter();
  private final WebAuthnManager webAuthn =
      WebAuthnManager.createNonStrictWebAuthnManager(converter);
  private final AttestedCredentialDataConverter attestedData =
      new AttestedCredentialDataConverter(converter);

  /**
   * For one origin.
   *
   * @param rpId the broker's host name
   * @param origin {@code https://HOST[:PORT]} as browsers write it
   */
  public Passkeys(String rpId, String origin) {
    this.rpId = rpId;
    this.origin = new Origin(origin);
  }

  /** A new passkey, fit to be stored. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Registered(byte[] credentialId, byte[] attested, long signCount) {}

  /** A passkey that somebody shows, not yet verified. */
  public static final class Shown {
    private final AuthenticationData data;
    private final byte[] credentialId;

    @SuppressWarnings("NullAway") // the library's annotation is read as one of the array's bytes
    private Shown(AuthenticationData data) {
      this.data = data;
      byte[] id = data.getCredentialId();
      if (id == null) {
        throw new IllegalArgumentException("a credential id is missing");
      }
      this.credentialId = id.clone();
    }

    /** By which its stored half is found. */
    public byte[] credentialId() {
      return credentialId.clone();
    }
  }

  /**
   * Takes a new passkey.
   *
   * @param json {@code RegistrationResponseJSON} of the browser
   * @throws PasskeyException when it is not for this challenge, origin and verified user
   */
  public Registered register(String json, byte[] challenge) throws PasskeyException {
    try {
      RegistrationData data = webAuthn.parseRegistrationResponseJSON(json);
      webAuthn.verify(data, new RegistrationParameters(server(challenge), PARAMETERS, true, true));
      AuthenticatorData<?> authenticator =
          there(data.getAttestationObject()).getAuthenticatorData();
      AttestedCredentialData attested = there(authenticator.getAttestedCredentialData());
      return new Registered(
          attested.getCredentialId(), attestedData.convert(attested), authenticator.getSignCount());
    } catch (RuntimeException e) {
      throw refused(e);
    }
  }

  /**
   * Reads what somebody shows.
   *
   * @param json {@code AuthenticationResponseJSON} of the browser
   */
  public Shown read(String json) throws PasskeyException {
    try {
      return new Shown(webAuthn.parseAuthenticationResponseJSON(json));
    } catch (RuntimeException e) {
      throw refused(e);
    }
  }

  /**
   * Verifies it against its stored half.
   *
   * @param signCount the counter at its last use
   * @return the counter now
   */
  public long verify(Shown shown, byte[] attested, long signCount, byte[] challenge)
      throws PasskeyException {
    try {
      CredentialRecordImpl stored =
          new CredentialRecordImpl(
              new NoneAttestationStatement(),
              null,
              null,
              null,
              signCount,
              attestedData.convert(attested),
              null,
              null,
              null,
              null);
      webAuthn.verify(
          shown.data,
          new AuthenticationParameters(
              server(challenge), stored, List.of(shown.credentialId()), true, true));
      return there(shown.data.getAuthenticatorData()).getSignCount();
    } catch (RuntimeException e) {
      throw refused(e);
    }
  }

  private ServerProperty server(byte[] challenge) {
    return ServerProperty.builder()
        .origin(origin)
        .rpId(rpId)
        .challenge(new DefaultChallenge(challenge))
        .build();
  }

  /** What the library leaves out when a stranger did. */
  private static <T> T there(@Nullable T part) {
    if (part == null) {
      throw new IllegalArgumentException("a part is missing");
    }
    return part;
  }

  /** Whatever a stranger's bytes make the library throw, they are no passkey. */
  private static PasskeyException refused(RuntimeException e) {
    return new PasskeyException(e.getClass().getSimpleName() + ": " + e.getMessage(), e);
  }
}

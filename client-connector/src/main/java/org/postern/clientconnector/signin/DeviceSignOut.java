package org.postern.clientconnector.signin;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.postern.identity.Credential;

/** Ends this device's session at the broker. Blocking. */
public final class DeviceSignOut {
  private final URI broker;
  private final BrokerTrust trust;

  /**
   * At a broker.
   *
   * @param broker {@code https://host[:port]}
   * @param trust why that host is believed
   */
  public DeviceSignOut(URI broker, BrokerTrust trust) {
    this.broker = broker;
    this.trust = trust;
  }

  /**
   * What came of it.
   *
   * @param ended there was a session
   * @param onward where a browser goes on to end the provider's session too
   */
  public record SignedOut(boolean ended, Optional<URI> onward) {}

  /** Does it, with the key of this device as proof. */
  public SignedOut signOut(Credential credential) throws SignInException {
    try (BrokerDoor door = new BrokerDoor(broker, trust)) {
      BrokerDoor.Answer answer =
          door.form(
              "/signin/sign-out",
              Map.of("csr", Base64.getEncoder().encodeToString(credential.csr())));
      if (answer.status() != 200) {
        throw BrokerDoor.refused(answer);
      }
      JsonNode body = answer.body();
      String onward = body.path("continue").asText("");
      // A broker sends browsers to web pages and nowhere else.
      boolean page = onward.startsWith("https://") || onward.startsWith("http://");
      return new SignedOut(
          body.path("ended").asBoolean(),
          page ? Optional.of(URI.create(onward)) : Optional.empty());
    } catch (IllegalArgumentException e) {
      throw new SignInException("the broker's answer cannot be read", e);
    }
  }
}

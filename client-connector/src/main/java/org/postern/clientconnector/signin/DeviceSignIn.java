package org.postern.clientconnector.signin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.postern.identity.Credential;
import org.postern.identity.CredentialStore;
import org.postern.identity.IdentityException;
import org.postern.identity.IdentityKey;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustBundle;

/**
 * Signs the user in with a browser and enrolls this device: the key is made here, once, and never
 * leaves; signing in again with it is the same device; the browser brings a one-time code to a
 * loopback port (RFC 8252), and the code is worth nothing without the verifier that stayed here
 * (RFC 7636). Blocking.
 */
public final class DeviceSignIn {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SECRET_BYTES = 32;
  static final String CLIENT = "postern";
  private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();

  private final Request request;
  private final SecureRandom random = new SecureRandom();

  /**
   * What signing in needs.
   *
   * @param broker {@code https://host[:port]}
   * @param trust why that host is believed
   * @param deviceName for the inventory and the person's own list
   * @param hostName for the inventory
   * @param platform for the inventory
   * @param known the identity that this device has from an earlier sign-in; its key is used again
   *     where its CA is the broker's
   * @param demand what the sign-in has to be
   * @param patience how long the browser may take
   */
  public record Request(
      URI broker,
      BrokerTrust trust,
      String deviceName,
      String hostName,
      String platform,
      Optional<CredentialStore.Stored> known,
      Demand demand,
      Duration patience) {}

  /**
   * What a policy may demand of a sign-in.
   *
   * @param again the provider must ask the person once more, whatever session they have there
   * @param context that the provider must assert ({@code acr}, AuthnContextClassRef); empty: any
   */
  public record Demand(boolean again, String context) {
    /** Nothing. */
    public static final Demand NONE = new Demand(false, "");

    private Map<String, String> parameters() {
      Map<String, String> parameters = new LinkedHashMap<>();
      if (again) {
        parameters.put("max_age", "0");
      }
      if (!context.isEmpty()) {
        parameters.put("acr_values", context);
      }
      return parameters;
    }
  }

  /**
   * What came of it.
   *
   * @param credential this device's key and certificate
   * @param trust the deployment's CA
   * @param tunnelHost host of the tunnel door
   * @param tunnelPort its port
   * @param userName who signed in
   */
  public record SignedIn(
      Credential credential,
      TrustBundle trust,
      String tunnelHost,
      int tunnelPort,
      String userName) {}

  /** With what it needs. */
  public DeviceSignIn(Request request) {
    this.request = request;
  }

  /**
   * Does it.
   *
   * @param visit is given the address that the person must open in a browser
   */
  public SignedIn signIn(Consumer<URI> visit) throws SignInException {
    String state = secret();
    String verifier = secret();
    try (BrokerDoor door = new BrokerDoor(request.broker, request.trust);
        LoopbackCallback callback = new LoopbackCallback(state)) {
      JsonNode deployment = door.deployment();
      TrustBundle trust = door.trust(deployment);
      visit.accept(address(callback.redirectUri(), state, verifier));
      Map<String, String> answer = callback.await(request.patience);
      String code = answer.get("code");
      if (code == null) {
        throw new SignInException(
            "signing in did not succeed: "
                + answer.getOrDefault(
                    "error_description", answer.getOrDefault("error", "no code came back")));
      }
      return enroll(door, deployment, trust, code, verifier);
    } catch (IOException e) {
      throw new SignInException("cannot listen on loopback for the browser: " + e.getMessage(), e);
    }
  }

  /**
   * What a person needs elsewhere.
   *
   * @param address of the page, to be opened in a browser on any machine
   * @param code to be typed there
   */
  public record Prompt(String address, String code) {}

  /**
   * Does it without a browser on this machine (RFC 8628): shows a code, and waits until somebody
   * has approved it elsewhere.
   *
   * @param show is given what the person needs
   */
  public SignedIn signInByCode(Consumer<Prompt> show) throws SignInException {
    String verifier = secret();
    try (BrokerDoor door = new BrokerDoor(request.broker, request.trust)) {
      JsonNode deployment = door.deployment();
      TrustBundle trust = door.trust(deployment);
      BrokerDoor.Answer begun = door.form("/signin/code", codeRequest(verifier));
      if (begun.status() != 200) {
        throw BrokerDoor.refused(begun);
      }
      show.accept(
          new Prompt(
              begun.body().path("verification_uri").asText(),
              begun.body().path("user_code").asText()));
      String code =
          new CodePolling(door).await(begun.body().path("device_code").asText(), begun.body());
      return enroll(door, deployment, trust, code, verifier);
    }
  }

  private Map<String, String> codeRequest(String verifier) {
    Map<String, String> form = new LinkedHashMap<>(request.demand.parameters());
    form.put("client_id", CLIENT);
    form.put("code_challenge", challenge(verifier));
    form.put("code_challenge_method", "S256");
    form.put("device_name", request.deviceName);
    return form;
  }

  private SignedIn enroll(
      BrokerDoor door, JsonNode deployment, TrustBundle trust, String code, String verifier)
      throws SignInException {
    IdentityKey key = key(request.known, trust);
    JsonNode enrolled =
        door.post(
            "/enroll/device",
            JSON.createObjectNode()
                .put("code", code)
                .put("code_verifier", verifier)
                .put("csr", Base64.getEncoder().encodeToString(key.csr()))
                .put("device_name", request.deviceName)
                .put("platform", request.platform)
                .put("host_name", request.hostName));
    List<byte[]> chain = new ArrayList<>();
    try {
      for (JsonNode certificate : enrolled.path("chain")) {
        chain.add(Base64.getDecoder().decode(certificate.asText()));
      }
      Credential credential = Credential.of(key, chain);
      if (!(credential.id() instanceof SpiffeId.ClientId)) {
        throw new SignInException("the broker issued a certificate that is not for a device");
      }
      JsonNode user = enrolled.path("user");
      return new SignedIn(
          credential,
          trust,
          deployment.path("tunnel").path("host").asText(request.broker.getHost()),
          deployment.path("tunnel").path("port").asInt(443),
          Stream.of("email", "name", "id")
              .map(named -> user.path(named).asText(""))
              .filter(text -> !text.isBlank())
              .findFirst()
              .orElse("somebody without a name"));
    } catch (IdentityException | IllegalArgumentException e) {
      throw new SignInException("the broker's certificate cannot be used: " + e.getMessage(), e);
    }
  }

  /** The key of this device at this deployment: two deployments do not see the same one. */
  static IdentityKey key(Optional<CredentialStore.Stored> known, TrustBundle trust) {
    return known
        .filter(stored ->
            !Collections.disjoint(stored.trust().rootFingerprints(), trust.rootFingerprints()))
        .map(stored -> stored.credential().identityKey())
        .orElseGet(IdentityKey::generate);
  }

  private URI address(URI redirect, String state, String verifier) {
    StringBuilder demand = new StringBuilder();
    request
        .demand
        .parameters()
        .forEach(
            (name, value) -> demand.append('&').append(name).append('=').append(encode(value)));
    return request.broker.resolve(
        "/signin/device?redirect_uri="
            + encode(redirect.toString())
            + "&state="
            + state
            + "&code_challenge="
            + challenge(verifier)
            + "&code_challenge_method=S256&device_name="
            + encode(request.deviceName)
            + demand);
  }

  private String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return BASE64_URL.encodeToString(bytes);
  }

  private static String challenge(String verifier) {
    try {
      return BASE64_URL.encodeToString(
          MessageDigest.getInstance("SHA-256")
              .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK has SHA-256", e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}

package org.postern.broker.signin;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postern.broker.front.Head;
import org.postern.policystore.Demand;
import org.postern.policystore.ShownText;
import org.postern.policystore.jdbc.SignIns;

/**
 * What a device asks for when it opens a browser. The redirect goes to a literal loopback address
 * on the device and nowhere else (RFC 8252 section 7.3): not to {@code localhost}, which is a name,
 * and not to anything that only begins like one.
 */
record DeviceRequest(
    String redirect,
    String state,
    String challenge,
    String deviceName,
    Demand demand,
    Instant now) {
  private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");
  private static final Pattern STATE = Pattern.compile("[\\x21-\\x7e]{8,512}");
  private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9/_.-]{0,100}");
  private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl}]{1,64}");
  private static final String NAME_DEFAULT = "device";

  /** Reads and checks the query; the exception says what is wrong with it. */
  static DeviceRequest of(Head head, Instant now) throws SignInException {
    String redirect = required(head, "redirect_uri");
    if (!isLoopback(redirect)) {
      throw invalid("redirect_uri must be http://127.0.0.1:PORT/PATH or http://[::1]:PORT/PATH");
    }
    String state = required(head, "state");
    if (!STATE.matcher(state).matches()) {
      throw invalid("state must have 8 to 512 printable characters");
    }
    String challenge = required(head, "code_challenge");
    if (!"S256".equals(required(head, "code_challenge_method"))
        || !CHALLENGE.matcher(challenge).matches()) {
      throw invalid("code_challenge must be of method S256: 43 characters of base64url");
    }
    String name = head.parameter("device_name").orElse(NAME_DEFAULT).strip();
    if (!NAME.matcher(name).matches()) {
      throw invalid("device_name must have 1 to 64 characters");
    }
    Demand demand = Demands.of(head::parameter, now);
    return new DeviceRequest(redirect, state, challenge, ShownText.of(name), demand, now);
  }

  private static String required(Head head, String name) throws SignInException {
    Optional<String> value = head.parameter(name);
    if (value.isEmpty()) {
      throw invalid("the parameter " + name + " is missing");
    }
    return value.get();
  }

  private static SignInException invalid(String detail) {
    return new SignInException(SignInFault.REQUEST_INVALID, detail);
  }

  static boolean isLoopback(String redirect) {
    try {
      URI uri = new URI(redirect);
      String host = uri.getHost();
      int port = uri.getPort();
      boolean shape =
          "http".equals(uri.getScheme())
              && ("127.0.0.1".equals(host) || "[::1]".equals(host))
              && port > 0
              && port < 65_536
              && PATH.matcher(String.valueOf(uri.getRawPath())).matches();
      // Written again from its parts it must be the same text: nothing else hides in it.
      return shape && redirect.equals("http://" + host + ":" + port + uri.getRawPath());
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** The request again, for a page that asks something before it goes on. */
  Map<String, String> fields() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("redirect_uri", redirect);
    fields.put("state", state);
    fields.put("code_challenge", challenge);
    fields.put("code_challenge_method", "S256");
    fields.put("device_name", deviceName);
    fields.putAll(Demands.fields(demand, now));
    return fields;
  }

  /** The request again, with a provider chosen. */
  String link(String provider) {
    Map<String, String> fields = new LinkedHashMap<>(fields());
    fields.put("provider", provider);
    return fields.entrySet().stream()
        .map(each -> each.getKey() + "=" + SignIn.encode(each.getValue()))
        .collect(Collectors.joining("&", "/signin/device?", ""));
  }

  SignIns.DeviceReturn toReturn() {
    return new SignIns.DeviceReturn(redirect, state, challenge, deviceName);
  }
}

package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jwt.JWTClaimsSet;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;

/**
 * The one path on which a security event token is judged (RFC 8417; OpenID SSF 1.0 section 4.1); no
 * step of it is optional. It must say by its type that it is one, so that no other token of the
 * same signer can pass for it. Blocking; safe on any thread.
 */
public final class EventTokens {
  private static final Set<JOSEObjectType> TYPES =
      Set.of(new JOSEObjectType("secevent+jwt"), new JOSEObjectType("application/secevent+jwt"));
  private static final Pattern PLAIN = Pattern.compile("[\\x21-\\x7e]{1,255}");

  /** The end of the year 9999. */
  private static final long SECONDS_MAX = 253_402_300_799L;

  private static final int TRANSMITTERS_MAX = 1_000;

  /**
   * Whose tokens are believed.
   *
   * @param privateAllowed the operator has said that its keys may live at a private address
   */
  public record Transmitter(
      String issuer, String audience, String keysUrl, boolean privateAllowed) {}

  /**
   * What a token says.
   *
   * @param happenedAt by the event's own word, or the token's; never in the future
   * @param event URI of the one event
   * @param payload what is said of it
   * @param subject whom it is about (RFC 9493)
   */
  public record Event(
      String jti,
      Instant issuedAt,
      Instant happenedAt,
      String event,
      Map<String, ?> payload,
      Map<String, ?> subject) {
    /** Keeps the maps as they are: values in JSON may be null. */
    public Event {
      payload = java.util.Collections.unmodifiableMap(new HashMap<>(payload));
      subject = java.util.Collections.unmodifiableMap(new HashMap<>(subject));
    }
  }

  private record Source(String url, boolean privateAllowed) {}

  private record Known(ProviderKeys keys, SignedTokens signed) {}

  private final Outbound outbound;
  private final SignInLimits limits;
  private final Duration ageMax;
  private final InstantSource clock;
  private final Map<Source, Known> known = new HashMap<>();

  /**
   * A judge of all streams.
   *
   * @param ageMax how old a token may be when it comes; transmitters try again for a while
   */
  public EventTokens(Outbound outbound, SignInLimits limits, Duration ageMax, InstantSource clock) {
    this.outbound = outbound;
    this.limits = limits;
    this.ageMax = ageMax;
    this.clock = clock;
  }

  private synchronized Known known(Transmitter transmitter) throws SignInException {
    Source source = new Source(transmitter.keysUrl(), transmitter.privateAllowed());
    Known there = known.get(source);
    if (there == null) {
      if (known.size() >= TRANSMITTERS_MAX) {
        known.clear();
      }
      ProviderKeys keys =
          new ProviderKeys(outbound, address(source.url()), source.privateAllowed(), limits, clock);
      there = new Known(keys, new SignedTokens(keys, TYPES, false));
      known.put(source, there);
    }
    return there;
  }

  private static URI address(String url) throws SignInException {
    try {
      return URI.create(url);
    } catch (IllegalArgumentException e) {
      throw new SignInException(SignInFault.PROVIDER_MISCONFIGURED, "keys: not an address", e);
    }
  }

  /** How many keys the transmitter publishes; reads them if need be. */
  public int keys(Transmitter transmitter) throws SignInException {
    return known(transmitter).keys().count();
  }

  /** What the token says, when every check holds. */
  public Event check(Transmitter transmitter, String token) throws SignInException {
    JWTClaimsSet claims = known(transmitter).signed().verify(token);
    try {
      if (!transmitter.issuer().equals(claims.getIssuer())) {
        throw new SignInException(
            SignInFault.TOKEN_ISSUER,
            "iss is %s (expected: %s)".formatted(claims.getIssuer(), transmitter.issuer()));
      }
      if (!claims.getAudience().contains(transmitter.audience())) {
        throw new SignInException(
            SignInFault.TOKEN_AUDIENCE,
            "aud is %s (expected: %s)".formatted(claims.getAudience(), transmitter.audience()));
      }
      return read(claims, issuedAt(claims));
    } catch (ParseException e) {
      throw unreadable("a claim has the wrong type: " + e.getMessage());
    }
  }

  private Instant issuedAt(JWTClaimsSet claims) throws SignInException {
    Instant now = clock.instant();
    Date issued = claims.getIssueTime();
    // An event does not run out (SSF 1.0 section 4.1.7): what has an end is another kind of token.
    boolean fits =
        issued != null
            && claims.getExpirationTime() == null
            && !now.plus(limits.clockSkew()).isBefore(issued.toInstant())
            && !issued.toInstant().isBefore(now.minus(ageMax));
    if (issued == null || !fits) {
      throw new SignInException(
          SignInFault.TOKEN_TIME,
          "iat is %s, exp is %s, it is %s (expected: iat of the last %s, no exp)"
              .formatted(issued, claims.getExpirationTime(), now, ageMax));
    }
    return issued.toInstant();
  }

  private Event read(JWTClaimsSet claims, Instant issuedAt) throws SignInException, ParseException {
    String id = claims.getJWTID();
    if (id == null || !PLAIN.matcher(id).matches()) {
      throw unreadable("jti is missing, empty, not printable or too long");
    }
    if (claims.getSubject() != null || claims.getClaim("nonce") != null) {
      throw unreadable("sub or nonce is there: another kind of token");
    }
    Map<String, Object> events = claims.getJSONObjectClaim("events");
    if (events == null || events.size() != 1) {
      throw unreadable("events must hold exactly one event");
    }
    Map.Entry<String, Object> only = events.entrySet().iterator().next();
    if (!PLAIN.matcher(only.getKey()).matches()) {
      throw unreadable("the event's name is not printable or too long");
    }
    Map<String, ?> payload = object(only.getValue(), "the event");
    Map<String, ?> subject = subject(claims, payload);
    return new Event(
        id, issuedAt, happenedAt(claims, payload, issuedAt), only.getKey(), payload, subject);
  }

  /** SSF 1.0 names it at the top; its drafts, and RISC before, inside of the event. */
  private static Map<String, ?> subject(JWTClaimsSet claims, Map<String, ?> payload)
      throws SignInException {
    Object top = claims.getClaim("sub_id");
    Object inside = payload.get("subject");
    if (top != null && inside != null && !top.equals(inside)) {
      throw unreadable("sub_id and the event's subject are different");
    }
    Object subject = top == null ? inside : top;
    return subject == null ? Map.of() : object(subject, "the subject");
  }

  private Instant happenedAt(JWTClaimsSet claims, Map<String, ?> payload, Instant issuedAt)
      throws SignInException, ParseException {
    Object own = payload.get("event_timestamp");
    if (own != null && !(own instanceof Number)) {
      throw unreadable("event_timestamp is not a number");
    }
    Date toe = claims.getDateClaim("toe");
    Instant said =
        own instanceof Number seconds
            ? seconds(seconds.longValue())
            : toe == null ? issuedAt : seconds(toe.toInstant().getEpochSecond());
    Instant now = clock.instant();
    return said.isAfter(now) ? now : said;
  }

  /** CAEP says seconds; some say milliseconds. */
  private static Instant seconds(long value) throws SignInException {
    long seconds = value > SECONDS_MAX ? value / 1_000 : value;
    if (seconds < 0 || seconds > SECONDS_MAX) {
      throw unreadable("the event's time is none");
    }
    return Instant.ofEpochSecond(seconds);
  }

  /** What a JSON object is here, with the names checked to be texts. */
  static Map<String, ?> object(@Nullable Object value, String what) throws SignInException {
    if (!(value instanceof Map<?, ?> map)) {
      throw unreadable(what + " is not an object");
    }
    Map<String, @Nullable Object> object = new HashMap<>();
    map.forEach((name, each) -> object.put(String.valueOf(name), each));
    return object;
  }

  private static SignInException unreadable(String detail) {
    return new SignInException(SignInFault.TOKEN_UNREADABLE, detail);
  }
}

package org.postern.broker.signin;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.postern.policystore.Authentication;
import org.postern.policystore.Demand;

/** What a device asks of a sign-in, in the words of OpenID Connect, and whether it came about. */
final class Demands {
  static final String MAX_AGE = "max_age";
  static final String CONTEXT = "acr_values";

  /** One context, without spaces: they separate several. */
  private static final Pattern ONE = Pattern.compile("[\\x21-\\x7e]{1,255}");

  private Demands() {}

  /**
   * Reads {@code max_age} (seconds; 0 asks for a new proof) and {@code acr_values} (one).
   *
   * @param parameters by name, as the device sent them
   */
  static Demand of(Function<String, Optional<String>> parameters, Instant now)
      throws SignInException {
    Optional<String> age = parameters.apply(MAX_AGE);
    Optional<String> context = parameters.apply(CONTEXT);
    if (age.isPresent() && !age.get().matches("[0-9]{1,8}")) {
      throw invalid("max_age must be a number of seconds");
    }
    if (context.isPresent() && !ONE.matcher(context.get()).matches()) {
      throw invalid("acr_values must be one value of at most 255 printable characters");
    }
    return new Demand(
        age.map(text -> now.minusSeconds(Long.parseLong(text))).orElse(null), context.orElse(""));
  }

  private static SignInException invalid(String detail) {
    return new SignInException(SignInFault.REQUEST_INVALID, detail);
  }

  /** The parameters that say the same. */
  static Map<String, String> fields(Demand demand, Instant now) {
    Map<String, String> fields = new LinkedHashMap<>();
    Instant since = demand.since();
    if (since != null) {
      fields.put(MAX_AGE, Long.toString(Math.max(0, Duration.between(since, now).toSeconds())));
    }
    if (!demand.context().isEmpty()) {
      fields.put(CONTEXT, demand.context());
    }
    return fields;
  }

  /**
   * Holds what came back against what was asked. A provider that says nothing has not done it.
   *
   * @param skew how far the provider's clock may be behind
   */
  static void check(Demand demand, Authentication said, Duration skew) throws SignInException {
    Instant since = demand.since();
    Instant at = said.at();
    if (since != null && (at == null || at.isBefore(since.minus(skew)))) {
      throw new SignInException(
          SignInFault.NOT_FRESH, "authenticated at %s (expected: since %s)".formatted(at, since));
    }
    if (!demand.context().isEmpty() && !demand.context().equals(said.method().context())) {
      throw new SignInException(
          SignInFault.CONTEXT_NOT_MET,
          "context %s (expected: %s)".formatted(said.method().context(), demand.context()));
    }
  }
}

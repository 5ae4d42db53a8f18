package org.postern.broker.signin.oidc;

import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ProviderClient;
import org.postern.broker.signin.ProviderClient.Finding;
import org.postern.broker.signin.ProviderClient.Grade;
import org.postern.broker.signin.SignInException;
import org.postern.policystore.Demand;

/**
 * Whether the provider knows our redirect URI. Some answer what they refuse with a page and status
 * 200, so it is asked twice: with ours, and with one that nobody has registered. Only if the
 * answers differ is something known.
 */
final class RedirectTrial {
  private static final String MORE = "/" + OidcExamination.MADE_UP;
  private static final double ALIKE = 0.9;
  private static final Pattern CODE = Pattern.compile("(?s)<(script|style)\\b.*?</\\1>|<[^>]*>");
  private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\d]+");

  private final OidcProvider client;
  private final OIDCProviderMetadata metadata;
  private final String callback;

  RedirectTrial(OidcProvider client, OIDCProviderMetadata metadata) {
    this.client = client;
    this.metadata = metadata;
    this.callback = client.callback().toString();
  }

  /** What a provider did with a question. */
  private record Seen(int status, String location, String body) {
    boolean isRefusal() {
      return status >= 400;
    }
  }

  Finding finding() {
    String register = "Register this redirect URI there, exactly: " + callback;
    Seen ours;
    try {
      ours = ask("");
    } catch (SignInException e) {
      return new Finding(
          Grade.WRONG, "redirect", "authorization endpoint: " + e.forAdministrator());
    }
    if (ours.isRefusal()) {
      return new Finding(
          Grade.WRONG,
          "redirect",
          "the provider refuses our question (status %d): the redirect URI is not registered, or"
                  .formatted(ours.status())
              + " clientId or scopes are not known there. "
              + register);
    }
    Seen madeUp;
    try {
      madeUp = ask(MORE);
    } catch (SignInException e) {
      return unknown("one with a made-up redirect URI could not be asked", ours);
    }
    if (madeUp.location().startsWith(callback + MORE)) {
      return new Finding(
          Grade.WARNING,
          "redirect",
          "our question is not refused, but the provider sends browsers to a redirect URI that"
              + " nobody registered, too. Let it know exactly this one: "
              + callback);
    }
    if (madeUp.isRefusal() || !isAlike(ours, madeUp)) {
      return new Finding(
          Grade.GOOD,
          "redirect",
          "our question is not refused, and one with a made-up redirect URI is answered otherwise");
    }
    return unknown("one with a made-up redirect URI is answered alike", ours);
  }

  private Finding unknown(String why, Seen ours) {
    return new Finding(
        Grade.WARNING,
        "redirect",
        "our question is not refused, but %s (status %d): so it could not be told whether the"
                .formatted(why, ours.status())
            + " provider knows ours. Compare the redirect URI there with exactly this one: "
            + callback
            + ", and open the test sign-in below: a page of the provider about the redirect URI or"
            + " the client means that it does not.");
  }

  private Seen ask(String more) throws SignInException {
    ProviderClient.Departure.Redirect departure =
        (ProviderClient.Departure.Redirect)
            client.departTo(
                metadata,
                new ProviderClient.Attempt(
                    OidcExamination.MADE_UP,
                    OidcExamination.MADE_UP,
                    OidcExamination.MADE_UP_VERIFIER,
                    "",
                    Demand.NONE));
    String address = departure.address().toString();
    String known = "redirect_uri=" + encode(callback);
    try {
      Outbound.Answer answer =
          client
              .settings()
              .outbound()
              .send(
                  new Outbound.Request(
                      "GET",
                      URI.create(address.replace(known, known + encode(more))),
                      Map.of("Accept", "text/html"),
                      "",
                      client.own().privateAllowed()));
      return new Seen(answer.status(), "", answer.body());
    } catch (SignInException e) {
      Outbound.Redirected redirected = e.cause(Outbound.Redirected.class).orElseThrow(() -> e);
      return new Seen(302, redirected.location(), "");
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private boolean isAlike(Seen one, Seen other) {
    if (one.location().startsWith(callback) || one.status() / 100 != other.status() / 100) {
      return false;
    }
    Set<String> both = words(one);
    Set<String> any = words(one);
    both.retainAll(words(other));
    any.addAll(words(other));
    return any.isEmpty() || both.size() >= ALIKE * any.size();
  }

  /** What a person would read; numbers and tokens change with every answer. */
  private static Set<String> words(Seen seen) {
    String place = seen.location().replaceFirst("[?#].*$", "");
    String text = CODE.matcher(seen.body()).replaceAll(" ") + " " + place;
    Set<String> words = new TreeSet<>();
    for (String word : NO_WORD.split(text.toLowerCase(Locale.ROOT))) {
      boolean read =
          !word.isEmpty() && word.length() < 25 && word.chars().noneMatch(Character::isDigit);
      // The made-up one may be shown.
      if (read && !MORE.contains(word)) {
        words.add(word);
      }
    }
    return words;
  }
}

package org.postern.broker.signin;

import java.util.List;
import java.util.stream.Collectors;
import org.postern.broker.front.Reply;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.jdbc.DeviceCodes;

/** What a person sees who signs in a device that has no browser. */
final class CodePages {
  private CodePages() {}

  /** Which code? The one before may have been wrong. */
  static Reply ask(String code, boolean again) {
    return Pages.form(
        200,
        "Sign in a device",
        List.of("Type the code that <strong>your own device</strong> shows you now."),
        """
        <form method="post" action="/device">
        <label for="user_code">Code</label>
        <input id="user_code" name="user_code" type="text" value="%s" maxlength="16" required autofocus
          autocomplete="off" autocapitalize="characters" spellcheck="false"%s>
        %s
        <button class="choice" type="submit">Continue</button>
        </form>
        <p class="small">Did somebody send you this code, or ask you to type it? Stop here: it would give
        them your access.</p>
        """
            .formatted(
                Pages.escape(code),
                again ? " aria-invalid=\"true\" aria-describedby=\"wrong\"" : "",
                again ? Pages.wrong(SignInFault.CODE_UNKNOWN) : ""));
  }

  /**
   * Who are you?
   *
   * @param unknown an address that led nowhere; empty at first
   */
  static Reply choose(
      String code, String deviceName, List<IdentityProvider> providers, String unknown) {
    String choices =
        providers.stream()
            .map(each ->
                """
                <li><form method="post" action="/device">%s%s
                <button class="choice" type="submit">%s</button></form></li>
                """
                    .formatted(
                        Pages.hidden("user_code", code),
                        Pages.hidden("provider", each.name()),
                        Pages.escape(each.name())))
            .collect(Collectors.joining());
    return Pages.form(
        200,
        "Sign in to Postern",
        List.of("Sign in <strong>" + Pages.escape(deviceName) + "</strong>."),
        """
        <form method="post" action="/device">%s
        %s
        <button class="choice" type="submit">Continue</button>
        </form>
        <p class="or">or choose a provider</p>
        <ul>%s</ul>
        """
            .formatted(Pages.hidden("user_code", code), Pages.address(unknown), choices));
  }

  /** Yes or no? */
  static Reply confirm(String state, String code, DeviceCodes.Asked asked, String person) {
    return Pages.form(
        200,
        "Let this device in?",
        List.of(
            "You are <strong>" + Pages.escape(person) + "</strong>.",
            "A device that calls itself <strong>"
                + Pages.escape(asked.deviceName())
                + "</strong>, at the address <code>"
                + Pages.escape(asked.from())
                + "</code>, wants to act as you. It shows the code",
            "<strong id=\"code\"><code>" + Pages.escape(code) + "</code></strong>"),
        """
        <p class="wrong">Approve only if you began this yourself, and see this very code on a device in
        front of you. If somebody sent you the code or this link, deny: approving gives them your access.</p>
        <form method="post" action="/device/confirm">%s
        <ul><li><button class="choice" type="submit" name="answer" value="deny" autofocus>Deny</button></li>
        <li><button class="choice second" type="submit" name="answer" value="approve">Approve</button></li></ul>
        </form>
        """
            .formatted(Pages.hidden("state", state)));
  }
}

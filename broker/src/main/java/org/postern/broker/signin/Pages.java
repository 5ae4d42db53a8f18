package org.postern.broker.signin;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.postern.broker.front.Reply;
import org.postern.policystore.IdentityProvider;

/** The few pages that people see while they sign in. No script; light and dark; any width. */
public final class Pages {
  /** Forms of ours lead to identity providers, by way of our own redirects. */
  private static final String FORMS =
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
          + " form-action 'self' https: http:; frame-ancestors 'none'";

  static final String STYLE_PATH = "/assets/signin.css";

  static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #16202c; --paper: #f4f6f8; --card: #fff; --line: #d5dce3;
        --accent: #1f5fbf; --on-accent: #fff; --soft: #5a6675; --wrong: #b3261e; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #11161c; --card: #1a212a;
        --line: #303b47; --accent: #7fb0ff; --on-accent: #0c1622; --soft: #9aa7b5; --wrong: #ff8a80; } }
      * { box-sizing: border-box; }
      body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
        background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
      main { width: 100%; max-width: 26rem; padding: 2rem 1.5rem; background: var(--card);
        border: 1px solid var(--line); border-radius: .75rem; }
      h1 { margin: 0 0 .75rem; font-size: 1.35rem; line-height: 1.25; overflow-wrap: anywhere; }
      p { margin: 0 0 1rem; overflow-wrap: anywhere; }
      ul { margin: 0; padding: 0; list-style: none; display: grid; gap: .6rem; }
      a.choice { display: block; padding: .7rem 1rem; border-radius: .5rem; text-decoration: none;
        background: var(--accent); color: var(--on-accent); font-weight: 600; text-align: center; }
      a.choice:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
      label { display: block; margin: 0 0 .35rem; font-weight: 600; }
      input[type=email], input[type=text] { width: 100%; padding: .65rem .75rem; margin: 0 0 .75rem; font: inherit;
        color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: .5rem; }
      input:focus-visible, button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
      button.choice { width: 100%; padding: .7rem 1rem; border: 0; border-radius: .5rem; font: inherit;
        font-weight: 600; background: var(--accent); color: var(--on-accent); cursor: pointer; }
      .or { margin: 1.25rem 0 .75rem; color: var(--soft); text-align: center; font-size: .875rem; }
      .or + ul .choice, button.second { background: transparent; color: var(--accent);
        border: 1px solid var(--accent); }
      #code { font-size: 1.6rem; letter-spacing: .1em; }
      .wrong { color: var(--wrong); }
      .small { color: var(--soft); font-size: .875rem; margin: 1rem 0 0; }
      dt { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
      dd { margin: 0 0 .6rem; overflow-wrap: anywhere; }
      code { font-family: ui-monospace, monospace; }
      """;

  private Pages() {}

  static Reply style() {
    return Reply.text(200, "text/css; charset=utf-8", STYLE)
        .with("Cache-Control", "public, max-age=3600");
  }

  /**
   * Which provider? By address, or by name.
   *
   * @param unknown an address that led nowhere; empty at first
   */
  static Reply choose(DeviceRequest request, List<IdentityProvider> providers, String unknown) {
    String links =
        providers.stream()
            .map(each ->
                "<li><a class=\"choice\" href=\"%s\">%s</a></li>"
                    .formatted(escape(request.link(each.name())), escape(each.name())))
            .collect(Collectors.joining("\n"));
    String hidden =
        request.fields().entrySet().stream()
            .map(each -> hidden(each.getKey(), each.getValue()))
            .collect(Collectors.joining("\n"));
    return page(
            200,
            "Sign in to Postern",
            List.of("Sign in on <strong>" + escape(request.deviceName()) + "</strong>."),
            """
            <form method="get" action="/signin/device">
            %s
            %s
            <button class="choice" type="submit">Continue</button>
            </form>
            <p class="or">or choose a provider</p>
            <ul>%s</ul>
            """
                .formatted(hidden, address(unknown), links))
        .with("Content-Security-Policy", FORMS);
  }

  /** The field for an e-mail address, with what is wrong with the one that was given. */
  static String address(String unknown) {
    SignInFault fault = SignInFault.EMAIL_UNKNOWN;
    return """
    <label for="email">Your e-mail address</label>
    <input id="email" name="email" type="email" autocomplete="username" value="%s" required autofocus%s>
    %s
    """
        .formatted(
            escape(unknown),
            unknown.isEmpty() ? "" : " aria-invalid=\"true\" aria-describedby=\"wrong\"",
            unknown.isEmpty() ? "" : wrong(fault));
  }

  /** What is wrong with a field, and what to do about it. */
  static String wrong(SignInFault fault) {
    return "<p class=\"wrong\" role=\"alert\" id=\"wrong\">"
        + escape(fault.title() + ". " + fault.advice())
        + "</p>";
  }

  static String hidden(String name, String value) {
    return "<input type=\"hidden\" name=\"%s\" value=\"%s\">"
        .formatted(escape(name), escape(value));
  }

  /** The way to the provider: a redirect, or a form that the person sends. */
  public static Reply onward(ProviderClient.Departure departure, String provider) {
    return switch (departure) {
      case ProviderClient.Departure.Redirect(URI address) -> Reply.redirect(address.toString());
      case ProviderClient.Departure.Form(URI action, Map<String, String> fields) ->
          page(
                  200,
                  "Continue to " + provider,
                  List.of("Your identity provider asks for this extra step."),
                  """
                  <form method="post" action="%s">
                  %s
                  <button class="choice" type="submit" autofocus>Continue</button>
                  </form>
                  """
                      .formatted(
                          escape(action.toString()),
                          fields.entrySet().stream()
                              .map(each -> hidden(each.getKey(), each.getValue()))
                              .collect(Collectors.joining("\n"))))
              .with("Content-Security-Policy", FORMS);
    };
  }

  /** What a provider said in a test. */
  static Reply said(Asserted asserted) {
    String rows =
        asserted.said().entrySet().stream()
            .map(each ->
                "<dt>%s</dt><dd>%s</dd>"
                    .formatted(escape(each.getKey()), escape(String.join(", ", each.getValue()))))
            .collect(Collectors.joining("\n"));
    return page(
        200,
        "The test sign-in worked",
        List.of(
            "You are known as <code>" + escape(asserted.person().subject()) + "</code>.",
            "Nothing was changed. This is what the provider said:"),
        "<dl>" + rows + "</dl>");
  }

  /** Why a test came to nothing: an administrator has begun it, and may know all. */
  static Reply testRefused(SignInException why) {
    return page(
        why.fault().status(),
        "The test sign-in was refused",
        List.of(
            escape(why.fault().title() + "."),
            escape(why.forAdministrator()),
            "The same is told by <code>postern admin idp test</code>."),
        "<p class=\"small\">Reason: <code>" + why.fault().code() + "</code></p>");
  }

  /** Something that went well. */
  public static Reply note(String title, String text) {
    return page(200, title, List.of(escape(text)), "");
  }

  /** Here and, if they were asked, at the provider. */
  public static Reply signedOut() {
    return note(
        "You are signed out", "You can close this page. To sign in again, run postern login.");
  }

  /** The same page, for a browser that goes on to tell the device. */
  static Reply faultAtDevice(SignInFault fault, String location) {
    Reply shown = fault(fault);
    return new Reply(303, shown.contentType(), shown.body(), Map.of("Location", location));
  }

  /** Why not. */
  public static Reply fault(SignInFault fault) {
    return page(
        fault.status(),
        fault.title(),
        List.of(escape(fault.advice())),
        "<p class=\"small\">Reason: <code>" + fault.code() + "</code></p>");
  }

  /** A page with forms of ours. */
  static Reply form(int status, String title, List<String> paragraphs, String rest) {
    return page(status, title, paragraphs, rest).with("Content-Security-Policy", FORMS);
  }

  /** For somebody who came from the administrators' page. */
  static Reply faultAtAdministrators(SignInFault fault) {
    return page(
        fault.status(),
        fault.title(),
        List.of(escape(fault.advice())),
        """
        <p><a class="choice" href="/admin/signin">Back to administrator sign-in</a></p>
        <p class="small">Reason: <code>%s</code></p>
        """
            .formatted(fault.code()));
  }

  /** Paragraphs and the rest are HTML already; the title is text. */
  private static Reply page(int status, String title, List<String> paragraphs, String rest) {
    String body =
        paragraphs.stream().map(text -> "<p>" + text + "</p>").collect(Collectors.joining("\n"));
    return Reply.html(
        status,
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%s</title>
        <link rel="stylesheet" href="%s">
        </head>
        <body>
        <main>
        <h1>%s</h1>
        %s
        %s
        </main>
        </body>
        </html>
        """
            .formatted(escape(title), STYLE_PATH, escape(title), body, rest));
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}

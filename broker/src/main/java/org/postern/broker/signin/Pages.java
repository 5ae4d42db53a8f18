package org.postern.broker.signin;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.postern.broker.front.Reply;

/** The few pages that people see while they sign in. No script; light and dark; any width. */
final class Pages {
  static final String STYLE_PATH = "/assets/signin.css";

  static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #16202c; --paper: #f4f6f8; --card: #fff; --line: #d5dce3;
        --accent: #1f5fbf; --on-accent: #fff; --soft: #5a6675; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #11161c; --card: #1a212a;
        --line: #303b47; --accent: #7fb0ff; --on-accent: #0c1622; --soft: #9aa7b5; } }
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
      .small { color: var(--soft); font-size: .875rem; margin: 1rem 0 0; }
      code { font-family: ui-monospace, monospace; }
      """;

  private Pages() {}

  static Reply style() {
    return Reply.text(200, "text/css; charset=utf-8", STYLE)
        .with("Cache-Control", "public, max-age=3600");
  }

  /** Which provider? Names and where each link leads. */
  static Reply choose(String deviceName, Map<String, String> linksByName) {
    String links =
        linksByName.entrySet().stream()
            .map(each ->
                "<li><a class=\"choice\" href=\"%s\">%s</a></li>"
                    .formatted(escape(each.getValue()), escape(each.getKey())))
            .collect(Collectors.joining("\n"));
    return page(
        200,
        "Sign in to Postern",
        List.of("Choose how to sign in on <strong>" + escape(deviceName) + "</strong>."),
        "<ul>" + links + "</ul>");
  }

  static Reply done() {
    return page(
        200,
        "You are signed in",
        List.of("You can close this page and go back to your terminal."),
        "");
  }

  static Reply fault(SignInFault fault) {
    return page(
        fault.status(),
        fault.title(),
        List.of(escape(fault.advice())),
        "<p class=\"small\">Reason: <code>" + fault.code() + "</code></p>");
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

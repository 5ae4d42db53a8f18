package org.postern.policystore.yaml;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Pattern;

/// The words of where a SAML provider's metadata comes from and who signs it.
final class MetadataGrammar {
  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern PEM =
      Pattern.compile(
          "-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]{100,16384})-----END CERTIFICATE-----");
  private static final int DER_SEQUENCE = 0x30;

  private MetadataGrammar() {}

  /// An address to fetch metadata from.
  static Grammar.Read<String> address(String text) {
    try {
      URI uri = new URI(text);
      boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
      if (web
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawFragment() == null
          && text.length() <= 1_000) {
        return new Grammar.Read.Good<>(text);
      }
    } catch (URISyntaxException e) {
      // The answer below says all there is to say.
    }
    return new Grammar.Read.Bad<>(
        Problems.quote(text)
            + " (expected: an https URL; http only on this machine, or with metadataSigners)");
  }

  /// Whether others could change what comes from there.
  static boolean isPlain(String address) {
    URI uri = URI.create(address);
    return "http".equals(uri.getScheme()) && !Grammar.isLoopback(uri.getHost());
  }

  /// A certificate that signs metadata, or its SHA-256; the latter as tools print it, with colons
  /// or not.
  static Grammar.Read<String> signer(String text) {
    String stripped = text.strip();
    String digits = stripped.replace(":", "").toLowerCase(Locale.ROOT);
    if (FINGERPRINT.matcher(digits).matches()) {
      return new Grammar.Read.Good<>(digits);
    }
    var pem = PEM.matcher(stripped);
    try {
      if (pem.matches()
          && Base64.getMimeDecoder().decode(pem.group(1).strip())[0] == DER_SEQUENCE) {
        return new Grammar.Read.Good<>(stripped);
      }
    } catch (IllegalArgumentException e) {
      // The answer below says all there is to say.
    }
    return new Grammar.Read.Bad<>(
        "expected a certificate (-----BEGIN CERTIFICATE----- ...) or its SHA-256 fingerprint (64"
            + " hexadecimal digits)");
  }
}

package org.postern.acceptance.ground.provider;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/**
 * A browser without a window: keeps cookies for each host and port, follows redirects, sends forms.
 * It stops before it leaves for the device's own loopback address. Used by one thread at a time.
 */
public final class Visitor {
  /** Where the device listens, if it did. */
  public static final String DEVICE = "http://127.0.0.1:4711/";

  private static final int REDIRECTS_MAX = 20;
  private static final Pattern FORM =
      Pattern.compile("<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", Pattern.DOTALL);
  private static final Pattern INPUT = Pattern.compile("<input\\b[^>]*>", Pattern.CASE_INSENSITIVE);
  private static final Pattern NAME =
      Pattern.compile("\\bname=\"([^\"]*)\"", Pattern.CASE_INSENSITIVE);
  private static final Pattern VALUE =
      Pattern.compile("\\bvalue=\"([^\"]*)\"", Pattern.CASE_INSENSITIVE);

  private final HttpClient http;
  private final Map<String, Map<String, String>> cookies = new HashMap<>();
  private String end = DEVICE;

  /** Where it is now. */
  public record Page(URI address, int status, String body) {
    /** Of the address; empty if it has none. */
    public String parameter(String name) {
      for (String pair : address.getRawQuery().split("&", -1)) {
        if (pair.startsWith(name + "=")) {
          return java.net.URLDecoder.decode(
              pair.substring(name.length() + 1), StandardCharsets.UTF_8);
        }
      }
      return "";
    }

    /** Of the form on it. */
    public Map<String, String> fields() {
      Matcher form = FORM.matcher(body);
      Map<String, String> fields = new LinkedHashMap<>();
      if (form.find()) {
        Matcher input = INPUT.matcher(form.group(2));
        while (input.find()) {
          Matcher name = NAME.matcher(input.group());
          Matcher value = VALUE.matcher(input.group());
          if (name.find()) {
            fields.put(unescape(name.group(1)), value.find() ? unescape(value.group(1)) : "");
          }
        }
      }
      return fields;
    }

    /** Where its form goes. */
    public URI action() {
      Matcher form = FORM.matcher(body);
      if (!form.find()) {
        throw new IllegalStateException("no form on " + address + ": " + body);
      }
      return address.resolve(unescape(form.group(1)));
    }
  }

  /** With connections of its own. */
  public Visitor(SSLContext tls) {
    this(
        HttpClient.newBuilder()
            .sslContext(tls)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(20))
            .build());
  }

  /** With connections that others use as well; cookies are this one's alone. */
  public Visitor(HttpClient http) {
    this.http = http;
  }

  private static String unescape(String html) {
    return html.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x3a;", ":")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
  }

  /** Is not sent to addresses that begin like this, and says where it was to go. */
  public void stopBefore(URI address) {
    end = address.toString();
  }

  /** Opens an address. */
  public Page get(URI address) throws IOException, InterruptedException {
    return follow(HttpRequest.newBuilder(address));
  }

  /** Sends a form. */
  public Page post(URI address, Map<String, String> fields)
      throws IOException, InterruptedException {
    String form =
        fields.entrySet().stream()
            .map(each -> encode(each.getKey()) + "=" + encode(each.getValue()))
            .collect(Collectors.joining("&"));
    return follow(
        HttpRequest.newBuilder(address)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)));
  }

  /** Sends the page's form with some fields filled in. */
  public Page submit(Page page, Map<String, String> more) throws IOException, InterruptedException {
    Map<String, String> fields = new LinkedHashMap<>(page.fields());
    fields.putAll(more);
    return post(page.action(), fields);
  }

  private Page follow(HttpRequest.Builder first) throws IOException, InterruptedException {
    HttpRequest request = first.timeout(Duration.ofSeconds(30)).build();
    for (int i = 0; i < REDIRECTS_MAX; i++) {
      HttpResponse<String> response = send(request);
      if (response.statusCode() / 100 != 3) {
        return new Page(request.uri(), response.statusCode(), response.body());
      }
      URI next = request.uri().resolve(response.headers().firstValue("Location").orElseThrow());
      if (next.toString().startsWith(DEVICE) || next.toString().startsWith(end)) {
        return new Page(next, response.statusCode(), response.body());
      }
      request = HttpRequest.newBuilder(next).timeout(Duration.ofSeconds(30)).build();
    }
    throw new IllegalStateException("more than " + REDIRECTS_MAX + " redirects");
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    Map<String, String> jar =
        cookies.computeIfAbsent(request.uri().getAuthority(), host -> new HashMap<>());
    HttpRequest.Builder with = HttpRequest.newBuilder(request, (name, value) -> true);
    if (!jar.isEmpty()) {
      with.header(
          "Cookie",
          jar.entrySet().stream()
              .map(each -> each.getKey() + "=" + each.getValue())
              .collect(Collectors.joining("; ")));
    }
    HttpResponse<String> response = http.send(with.build(), HttpResponse.BodyHandlers.ofString());
    for (String set : response.headers().allValues("Set-Cookie")) {
      String pair = set.split(";", 2)[0];
      int equals = pair.indexOf('=');
      boolean over = set.contains("Max-Age=0");
      if (over) {
        jar.remove(pair.substring(0, equals));
      } else {
        jar.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    return response;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}

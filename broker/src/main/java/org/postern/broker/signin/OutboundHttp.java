package org.postern.broker.signin;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@link Outbound} on Vert.x. The host is looked up once, every address is checked, and the
 * connection goes to the address that was checked, so that a name cannot mean one thing to the
 * check and another to the connection. Redirects are not followed.
 */
public final class OutboundHttp implements Outbound {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int HEADER_BYTES_MAX = 16 * 1024;

  private final HttpClient client;
  private final SignInLimits limits;

  /**
   * A client.
   *
   * @param trustPem certificates to trust instead of those that the JDK knows
   */
  public OutboundHttp(Vertx vertx, SignInLimits limits, Optional<String> trustPem) {
    this.limits = limits;
    HttpClientOptions options =
        new HttpClientOptions()
            .setKeepAlive(false)
            .setConnectTimeout(CONNECT_MILLIS)
            .setMaxHeaderSize(HEADER_BYTES_MAX)
            .setDecompressionSupported(false)
            .setVerifyHost(true);
    trustPem.ifPresent(
        pem -> options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(pem))));
    this.client = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(16));
  }

  @Override
  public Answer send(Request request) throws SignInException {
    InetAddress address = check(request);
    Future<Answer> answer =
        client.request(options(request, address)).compose(r -> exchange(r, request));
    try {
      return answer
          .toCompletionStage()
          .toCompletableFuture()
          .get(limits.fetchDeadline().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw OutboundTrouble.of(request.uri(), cause);
    } catch (TimeoutException e) {
      throw OutboundTrouble.tooSlow(request.uri(), limits.fetchDeadline());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SignInException(SignInFault.PROVIDER_UNREACHABLE, "interrupted", e);
    }
  }

  private static InetAddress check(Request request) throws SignInException {
    URI uri = request.uri();
    String host = uri.getHost();
    boolean secure = "https".equals(uri.getScheme());
    if (host == null || uri.getUserInfo() != null || !(secure || "http".equals(uri.getScheme()))) {
      throw new SignInException(
              SignInFault.PROVIDER_MISCONFIGURED, "not an https address: " + uri.getScheme())
          .advising("Write it as https://HOST/...");
    }
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      throw OutboundTrouble.nameUnknown(uri);
    }
    boolean allPublic = Arrays.stream(addresses).allMatch(PublicAddress::is);
    if (!allPublic && !request.privateAllowed()) {
      throw new SignInException(SignInFault.PROVIDER_FORBIDDEN, host + " has a private address")
          .advising(
              "If that is meant, allow it at the start of every broker: --allow-private-issuer"
                  + " with the issuer or metadata URL, --allow-private-webhook for the approval"
                  + " webhook.");
    }
    boolean plainAllowed = request.provesItself() || (!allPublic && request.privateAllowed());
    if (!secure && !plainAllowed) {
      throw new SignInException(
              SignInFault.PROVIDER_FORBIDDEN, host + " is asked without TLS (expected: https)")
          .advising(
              "Only a private address that the operator allows may be asked so, and for metadata"
                  + " that must be signed (metadataSigners).");
    }
    return addresses[0];
  }

  private RequestOptions options(Request request, InetAddress address) {
    URI uri = request.uri();
    boolean secure = "https".equals(uri.getScheme());
    int port = uri.getPort() > 0 ? uri.getPort() : secure ? 443 : 80;
    String target =
        (uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath())
            + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
    String host = uri.getHost();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.valueOf(request.method()))
            .setServer(SocketAddress.inetSocketAddress(new InetSocketAddress(address, port)))
            .setHost(host.startsWith("[") ? host.substring(1, host.length() - 1) : host)
            .setPort(port)
            .setSsl(secure)
            .setURI(target)
            .setFollowRedirects(false)
            .setTimeout(limits.fetchDeadline().toMillis());
    request.headers().forEach(options::putHeader);
    return options;
  }

  private Future<Answer> exchange(HttpClientRequest http, Request request) {
    Future<HttpClientResponse> response =
        request.body().isEmpty() ? http.send() : http.send(Buffer.buffer(request.body()));
    return response.compose(head -> {
      if (head.statusCode() / 100 == 3) {
        http.connection().close();
        return Future.failedFuture(
            new Redirected(Optional.ofNullable(head.getHeader("Location")).orElse("")));
      }
      return body(head);
    });
  }

  private Future<Answer> body(HttpClientResponse head) {
    Buffer received = Buffer.buffer();
    io.vertx.core.Promise<Answer> whole = io.vertx.core.Promise.promise();
    head.exceptionHandler(whole::tryFail);
    head.endHandler(end ->
        whole.tryComplete(
            new Answer(
                head.statusCode(),
                Optional.ofNullable(head.getHeader("Content-Type")).orElse(""),
                Optional.ofNullable(head.getHeader("Date")).orElse(""),
                received.toString())));
    head.handler(part -> {
      if (received.length() + part.length() > limits.fetchBytesMax()) {
        whole.tryFail(new TooLarge(limits.fetchBytesMax()));
        head.request().connection().close();
      } else {
        received.appendBuffer(part);
      }
    });
    return whole.future();
  }
}

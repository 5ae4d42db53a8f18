package org.postern.acceptance.bench.signin;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.subject.PosternCommand;
import org.postern.acceptance.ground.provider.Keycloak;
import org.postern.acceptance.ground.provider.Realms;
import org.postern.acceptance.ground.provider.Visitor;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/**
 * A broker and a Keycloak, each a process, and a crowd at their doors. People come from many
 * addresses, as the broker takes only so many sign-ins from one.
 */
public final class SignInTrial {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int PEOPLE = 64;
  private static final int AT_ONCE = 8;
  private static final String KEYCLOAK_HEAP = "-Xms256m -Xmx768m";
  private static final Pattern CERTIFICATE =
      Pattern.compile("<ds:X509Certificate>([^<]*)</ds:X509Certificate>");

  private final BenchRun run;
  private final URI broker;
  private final Keycloak keycloak;
  private final List<HttpClient> offices = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();

  /** Starts both and makes them known to each other. */
  public SignInTrial(BenchRun run) throws Exception {
    this.run = run;
    int port = BenchRun.freePort();
    int keycloakPort = BenchRun.freePort();
    URI provider = URI.create("http://127.0.0.1:" + keycloakPort);
    this.broker = URI.create("https://127.0.0.1:" + port);
    Path data = run.folder("signin").resolve("broker");
    run.start(
            PosternCommand.of(
                "broker",
                "--data-dir",
                data.toString(),
                "--listen",
                "127.0.0.1:" + port,
                "--host",
                "127.0.0.1",
                "--allow-private-issuer",
                provider + "/realms/crowd",
                "--allow-private-issuer",
                provider + "/realms/crowd/protocol/saml/descriptor"))
        .awaitOutput("broker is ready", PATIENCE);
    Path trust = data.resolve("ca.pem");
    this.keycloak =
        run.own(
            Keycloak.start(
                trust, run.folder("signin").resolve("keycloak.log"), keycloakPort, KEYCLOAK_HEAP));
    SSLContext tls =
        WebTls.client(
            TrustBundle.fromPem(new TrustDomain("postern.internal"), Files.readString(trust)));
    for (int i = 0; i < PEOPLE; i++) {
      offices.add(
          run.own(
              HttpClient.newBuilder()
                  .sslContext(tls)
                  .localAddress(InetAddress.getByName("127.0.1." + (i + 1)))
                  .version(HttpClient.Version.HTTP_1_1)
                  .connectTimeout(PATIENCE)
                  .build()));
    }
    introduce(Files.readString(data.resolve("admin.token")).strip());
  }

  private void introduce(String token) throws Exception {
    good(
        offices
            .getFirst()
            .send(
                HttpRequest.newBuilder(broker.resolve("/admin/v1/apply"))
                    .header("Authorization", "Bearer " + token)
                    .header("Content-Type", "application/yaml")
                    .POST(
                        HttpRequest.BodyPublishers.ofString(Realms.crowdPolicy(keycloak.address())))
                    .build(),
                HttpResponse.BodyHandlers.ofString()));
    String metadata =
        good(offices
                .getFirst()
                .send(
                    HttpRequest.newBuilder(broker.resolve("/signin/saml/corp/metadata")).build(),
                    HttpResponse.BodyHandlers.ofString()))
            .body();
    Matcher certificate = CERTIFICATE.matcher(metadata);
    if (!certificate.find()) {
      throw new IOException("no certificate in " + metadata);
    }
    good(keycloak.admin("POST", "", Realms.crowd(broker, certificate.group(1), PEOPLE)));
  }

  private static HttpResponse<String> good(HttpResponse<String> answer) throws IOException {
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(answer.uri() + ": " + answer.statusCode() + " " + answer.body());
    }
    return answer;
  }

  /** Sign-ins of one kind, each by somebody who has no session anywhere, for so long. */
  public double perSecond(Way way, Duration length) throws Exception {
    long start = System.nanoTime();
    long end = start + length.toNanos();
    AtomicInteger done = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> people = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        people.add(
            threads.submit(() -> {
              while (System.nanoTime() < end) {
                int person = next.getAndIncrement() % PEOPLE;
                HttpClient http = offices.get(person);
                way.signIn(new Place(broker, keycloak.address(), http), way.crowd() + person);
                done.incrementAndGet();
              }
              return "";
            }));
      }
      for (Future<?> each : people) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a sign-in failed", e);
    }
    double rate = done.get() / ((System.nanoTime() - start) / 1e9);
    run.say("%s: %.1f sign-ins/s".formatted(way, rate));
    return rate;
  }

  /** Where somebody is who signs in. */
  record Place(URI broker, URI keycloak, HttpClient http) {
    Visitor visitor() {
      return new Visitor(http);
    }
  }
}

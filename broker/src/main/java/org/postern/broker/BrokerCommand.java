package org.postern.broker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.broker.administrators.AdministratorDoor;
import org.postern.broker.administrators.FirstAdministrator;
import org.postern.broker.bootstrap.FoundationSettings;
import org.postern.broker.bootstrap.StartException;
import org.postern.broker.cli.ExitCode;
import org.postern.broker.front.TrustedProxies;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code postern broker}: runs until it is told to stop (SIGTERM, Ctrl-C). */
@Command(
    name = "broker",
    mixinStandardHelpOptions = true,
    description = "Runs the meeting room: one port, one policy, PostgreSQL inside or elsewhere.",
    footer = {
      "",
      "Examples:",
      "  postern broker --data-dir /var/lib/postern --host-name broker.example.com",
      "  POSTERN_DATABASE_PASSWORD_FILE=/run/secrets/db postern broker \\",
      "    --data-dir /var/lib/postern --host-name broker.example.com \\",
      "    --database-url jdbc:postgresql://db/postern --database-user postern",
      "",
      "Secrets come from the environment: POSTERN_SEALING_KEY,"
          + " POSTERN_DATABASE_PASSWORD, or either with _FILE and a path. Every option can"
          + " stand in --config FILE (YAML: host-name: [...]).",
      "",
      "Exit codes: 0 stopped, 1 cannot start, 2 wrong command line."
    })
final class BrokerCommand implements Callable<Integer> {
  private static final String TRUST_DOMAIN_DEFAULT = "postern.internal";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--data-dir",
      required = true,
      paramLabel = "DIR",
      description = "The broker's own folder: keys, the embedded database.")
  private Path dataDir = Path.of(".");

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      defaultValue = "0.0.0.0:443",
      description = "The one port (default: ${DEFAULT-VALUE}).")
  private String listen = "0.0.0.0:443";

  @Option(
      names = {"--host-name", "--host"},
      paramLabel = "NAME",
      description = "DNS name or address that peers and browsers use; may be repeated.")
  private List<String> hostNames = new ArrayList<>();

  @Option(
      names = "--public-url",
      paramLabel = "URL",
      description = "Where browsers reach the broker, when that is not the first host name.")
  private @Nullable URI publicUrl;

  @Option(
      names = "--trust-domain",
      paramLabel = "NAME",
      description = "Name in all certificates; fixed at the first start.")
  private @Nullable String trustDomain;

  @Option(
      names = "--database-url",
      paramLabel = "URL",
      description = "jdbc:postgresql://HOST/NAME, without a password. None: PostgreSQL inside.")
  private @Nullable String databaseUrl;

  @Option(names = "--database-user", paramLabel = "NAME", description = "Role at that database.")
  private @Nullable String databaseUser;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Certificate chain for browsers (PEM). None: issued by the deployment's CA.")
  private @Nullable Path tlsCertificate;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "Its key (PEM, mode 0600).")
  private @Nullable Path tlsKey;

  @Option(
      names = "--allow-private-issuer",
      paramLabel = "ISSUER",
      description =
          "An identity provider that may have a private address, and there be asked without TLS;"
              + " may be repeated.")
  private List<String> privateIssuers = new ArrayList<>();

  @Option(
      names = "--issuer-ca",
      paramLabel = "FILE",
      description = "Certificates to trust for identity providers (PEM). None: those of Java.")
  private @Nullable Path issuerTrust;

  @Option(
      names = "--country-db",
      paramLabel = "FILE",
      description =
          "Countries of addresses (MaxMind DB format), for rules with countries; read again when it"
              + " changes.")
  private @Nullable Path countryFile;

  @Option(
      names = "--approval-webhook",
      paramLabel = "URL",
      description =
          "Told of requests for access; it may answer them. Its secret is in"
              + " POSTERN_APPROVAL_WEBHOOK_SECRET or the file that"
              + " POSTERN_APPROVAL_WEBHOOK_SECRET_FILE names.")
  private @Nullable URI approvalWebhook;

  @Option(
      names = "--approval-webhook-timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "For its whole answer (default: ${DEFAULT-VALUE}).")
  private int approvalWebhookTimeout = 10;

  @Option(
      names = "--allow-private-webhook",
      description = "The webhook may have a private address, and there be asked without TLS.")
  private boolean privateWebhook;

  @Option(
      names = "--sign-in-rate",
      paramLabel = "N",
      description =
          "Sign-in and enrollment requests a minute from one address, about five for each person"
              + " (default: 1200).")
  private @Nullable Integer signInRate;

  @Option(
      names = "--proxy-protocol-from",
      paramLabel = "CIDR",
      split = ",",
      description =
          "Load balancers before this port: connections from these addresses must begin with a"
              + " PROXY protocol header (version 1 or 2), which says where they are from; may be"
              + " repeated.")
  private List<String> proxies = new ArrayList<>();

  @Option(
      names = "--new-admin-token",
      description = "Make one more admin token and write it to DATA_DIR/admin.token.")
  private boolean newAdminToken;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file with any of these options, without the dashes.")
  private @Nullable Path config;

  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final Map<String, String> environment;

  BrokerCommand(InstantSource clock, LongSupplier nanoTime, Map<String, String> environment) {
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(() -> {
                  stop.countDown();
                  awaitUninterruptibly(stopped);
                }));
    try (Broker broker = Broker.start(settings(), clock, nanoTime)) {
      spec.commandLine()
          .getOut()
          .println(
              """
              postern broker is ready at %s
                admin token     %s
                ca fingerprint  %s\
              """
                  .formatted(
                      broker.publicUrl(), broker.adminTokenFile(), broker.rootFingerprint()));
      broker.firstAdministrator().ifPresent(code -> sayWhoIsFirst(broker, code));
      stop.await();
      return ExitCode.OK;
    } catch (StartException e) {
      spec.commandLine().getErr().println("postern: " + e.getMessage());
      return ExitCode.REFUSED;
    } finally {
      stopped.countDown();
    }
  }

  private void sayWhoIsFirst(Broker broker, FirstAdministrator.Code code) {
    spec.commandLine()
        .getOut()
        .println(
            """
              There is no administrator yet. Open %s%s and type this
              one-time code: %s
              (good until %s, once; it also stands in %s)\
            """
                .formatted(
                    broker.publicUrl(),
                    AdministratorDoor.PAGE,
                    code.text(),
                    code.expiresAt(),
                    code.file()));
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private BrokerSettings settings() throws StartException {
    readConfig();
    if ((tlsCertificate == null) != (tlsKey == null)) {
      throw new StartException("--tls-cert and --tls-key belong together; give both or none");
    }
    List<String> names =
        hostNames.isEmpty() ? List.of("localhost", "127.0.0.1", "::1") : List.copyOf(hostNames);
    FoundationSettings foundation =
        new FoundationSettings(
            dataDir,
            programsDir(),
            Optional.ofNullable(databaseUrl),
            Optional.ofNullable(databaseUser),
            Optional.ofNullable(trustDomain),
            trustDomainFor(names.getFirst()),
            Duration.ofSeconds(60),
            environment);
    BrokerSettings settings = settings(foundation, names);
    if (signInRate != null) {
      try {
        settings = settings.withSignInRate(signInRate);
      } catch (IllegalArgumentException e) {
        throw new StartException("--sign-in-rate: " + e.getMessage(), e);
      }
    }
    try {
      settings = settings.behind(TrustedProxies.parse(proxies));
    } catch (IllegalArgumentException e) {
      throw new StartException("--proxy-protocol-from: " + e.getMessage(), e);
    }
    return approvalWebhook == null
        ? settings
        : settings.telling(
            WebhookSettings.of(
                approvalWebhook,
                Duration.ofSeconds(approvalWebhookTimeout),
                privateWebhook,
                foundation));
  }

  private BrokerSettings settings(FoundationSettings foundation, List<String> names)
      throws StartException {
    return new BrokerSettings(
        foundation,
        ListenAddress.parse(listen),
        names,
        Optional.ofNullable(publicUrl),
        Optional.ofNullable(tlsCertificate),
        Optional.ofNullable(tlsKey),
        Set.copyOf(privateIssuers),
        Optional.ofNullable(issuerTrust),
        Optional.ofNullable(countryFile),
        newAdminToken);
  }

  /** The user's cache, so that a second data directory does not unpack them again; or our own. */
  private Path programsDir() {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    String home = environment.getOrDefault("HOME", "");
    if (!cache.isEmpty() || !home.isEmpty()) {
      Path folder = cache.isEmpty() ? Path.of(home, ".cache") : Path.of(cache);
      Path programs = folder.resolve("postern/postgres");
      try {
        Files.createDirectories(programs);
        if (Files.isWritable(programs)) {
          return programs;
        }
      } catch (IOException e) {
        // A service's user often has no home; the data directory is as good.
        return dataDir.resolve("postgres");
      }
    }
    return dataDir.resolve("postgres");
  }

  /** A broker with a name in the DNS names its deployment; an address names nothing. */
  private static String trustDomainFor(String hostName) {
    boolean isName = hostName.contains(".") && !hostName.matches("[0-9.]+|.*:.*");
    return isName ? hostName.toLowerCase(java.util.Locale.ROOT) : TRUST_DOMAIN_DEFAULT;
  }

  /** What stands in the file counts where the command line says nothing. */
  private void readConfig() throws StartException {
    if (config == null) {
      return;
    }
    try {
      JsonNode document = new ObjectMapper(new YAMLFactory()).readTree(Files.readString(config));
      List<String> arguments = new ArrayList<>(List.of("--data-dir", dataDir.toString()));
      CommandLine.ParseResult given = spec.commandLine().getParseResult();
      for (var each : document.properties()) {
        String option = "--" + each.getKey();
        if (given != null && !given.hasMatchedOption(option)) {
          addOption(arguments, option, each.getValue());
        }
      }
      BrokerCommand file = new BrokerCommand(clock, nanoTime, environment);
      new CommandLine(file).parseArgs(arguments.toArray(String[]::new));
      takeFrom(file, given);
    } catch (IOException e) {
      throw new StartException("--config " + config + " cannot be read: " + e.getMessage(), e);
    } catch (CommandLine.ParameterException e) {
      throw new StartException("--config " + config + ": " + e.getMessage(), e);
    }
  }

  private static void addOption(List<String> arguments, String option, JsonNode value) {
    if (value.isArray()) {
      value.forEach(each -> addOption(arguments, option, each));
    } else if (value.isBoolean()) {
      if (value.booleanValue()) {
        arguments.add(option);
      }
    } else {
      arguments.add(option + "=" + value.asText());
    }
  }

  private void takeFrom(BrokerCommand file, CommandLine.@Nullable ParseResult given) {
    if (given == null || !given.hasMatchedOption("--listen")) {
      listen = file.listen;
    }
    hostNames = hostNames.isEmpty() ? file.hostNames : hostNames;
    privateIssuers = privateIssuers.isEmpty() ? file.privateIssuers : privateIssuers;
    proxies = proxies.isEmpty() ? file.proxies : proxies;
    publicUrl = publicUrl == null ? file.publicUrl : publicUrl;
    trustDomain = trustDomain == null ? file.trustDomain : trustDomain;
    databaseUrl = databaseUrl == null ? file.databaseUrl : databaseUrl;
    databaseUser = databaseUser == null ? file.databaseUser : databaseUser;
    tlsCertificate = tlsCertificate == null ? file.tlsCertificate : tlsCertificate;
    tlsKey = tlsKey == null ? file.tlsKey : tlsKey;
    issuerTrust = issuerTrust == null ? file.issuerTrust : issuerTrust;
    countryFile = countryFile == null ? file.countryFile : countryFile;
    signInRate = signInRate == null ? file.signInRate : signInRate;
    approvalWebhook = approvalWebhook == null ? file.approvalWebhook : approvalWebhook;
    if (given == null || !given.hasMatchedOption("--approval-webhook-timeout")) {
      approvalWebhookTimeout = file.approvalWebhookTimeout;
    }
    privateWebhook = privateWebhook || file.privateWebhook;
    newAdminToken = newAdminToken || file.newAdminToken;
  }
}

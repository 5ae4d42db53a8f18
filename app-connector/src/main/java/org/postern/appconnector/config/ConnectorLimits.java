package org.postern.appconnector.config;

import java.time.Duration;

/**
 * Every limit of an app connector, on one screen. Immutable; relations between limits are checked
 * when it is made, which throws {@link IllegalArgumentException}.
 *
 * @param resolve of name look-ups
 * @param dial of TCP dials
 * @param udp of UDP associations
 * @param health of probes and reports
 * @param link of the connection to the broker, lanes and grants
 */
public record ConnectorLimits(Resolve resolve, Dial dial, Udp udp, Health health, Link link) {

  /** What a connector uses unless it is told otherwise. */
  public static final ConnectorLimits DEFAULT =
      new ConnectorLimits(Resolve.DEFAULT, Dial.DEFAULT, Udp.DEFAULT, Health.DEFAULT, Link.DEFAULT);

  /**
   * Limits of name look-ups.
   *
   * @param timeout for a name, all servers and aliases included
   * @param queryTimeout for one question to one server
   * @param secondFamilyWait how long a found address family waits for the other (RFC 8305 §3)
   * @param ttlMax an answer is kept at most this long, whatever its TTL
   * @param negativeTtl how long "there is no such name" is kept
   * @param cachedNames names kept per event loop; the least recently used goes first
   * @param addressesPerName addresses taken from one answer
   */
  public record Resolve(
      Duration timeout,
      Duration queryTimeout,
      Duration secondFamilyWait,
      Duration ttlMax,
      Duration negativeTtl,
      int cachedNames,
      int addressesPerName) {

    public static final Resolve DEFAULT =
        new Resolve(
            Duration.ofSeconds(3),
            Duration.ofMillis(900),
            Duration.ofMillis(50),
            Duration.ofSeconds(60),
            Duration.ofSeconds(2),
            1024,
            16);

    /** Aliases (CNAME) followed for one name. */
    public static final int ALIASES_MAX = 8;

    public Resolve {
      Limit.positive("resolve.timeout", timeout);
      Limit.positive("resolve.queryTimeout", queryTimeout);
      Limit.notAbove("resolve.queryTimeout", queryTimeout, timeout);
      Limit.positive("resolve.cachedNames", cachedNames);
      Limit.positive("resolve.addressesPerName", addressesPerName);
    }
  }

  /**
   * Limits of TCP dials.
   *
   * @param timeout for a target, all its addresses included; name look-up excluded
   * @param stagger between two attempts that are both undecided (RFC 8305 §5)
   * @param inFlight dials under way per event loop; one more is refused at once
   * @param serverPause how long a listed server that failed is tried after the others
   */
  public record Dial(Duration timeout, Duration stagger, int inFlight, Duration serverPause) {
    /** Servers of one grant. */
    public static final int SERVERS_MAX = 256;

    public static final Dial DEFAULT =
        new Dial(Duration.ofSeconds(10), Duration.ofMillis(250), 4096, Duration.ofSeconds(30));

    public Dial {
      Limit.positive("dial.timeout", timeout);
      Limit.positive("dial.stagger", stagger);
      Limit.notAbove("dial.stagger", stagger, timeout);
      Limit.positive("dial.inFlight", inFlight);
      Limit.positive("dial.serverPause", serverPause);
    }
  }

  /**
   * Limits of UDP associations.
   *
   * @param idle an association without a datagram either way for this long is closed, unless the
   *     grant says otherwise
   * @param datagramBytesMax the largest datagram taken from the application
   */
  public record Udp(Duration idle, int datagramBytesMax) {
    public static final Udp DEFAULT = new Udp(Duration.ofSeconds(60), 65_507);

    public Udp {
      Limit.positive("udp.idle", idle);
      Limit.positive("udp.datagramBytesMax", datagramBytesMax);
    }
  }

  /**
   * Limits of probes and reports.
   *
   * @param interval between two probes of a target that is up and used, before jitter
   * @param intervalDown between the first two probes of a target that is down, before jitter; it
   *     doubles until it reaches {@code interval}
   * @param intervalUnused between two probes of a target that is up and that nobody used lately
   * @param usedWithin how long after a dial a target counts as used; one that is not in the plan is
   *     forgotten then
   * @param timeout of one probe
   * @param probesPerSecond of the whole process
   * @param targets host and port pairs watched; the rest is known from dials only
   * @param reportInterval between two reports that say nothing new but the load
   * @param reportDelay how long a change waits for others to share its report
   */
  public record Health(
      Duration interval,
      Duration intervalDown,
      Duration intervalUnused,
      Duration usedWithin,
      Duration timeout,
      int probesPerSecond,
      int targets,
      Duration reportInterval,
      Duration reportDelay) {
    public static final Health DEFAULT =
        new Health(
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofMinutes(2),
            Duration.ofMinutes(5),
            Duration.ofSeconds(3),
            20,
            6000,
            Duration.ofSeconds(15),
            Duration.ofMillis(100));

    /** A port range wider than this is not probed, only learned from dials. */
    public static final int PROBED_RANGE_PORTS_MAX = 4;

    public Health {
      Limit.positive("health.interval", interval);
      Limit.positive("health.intervalDown", intervalDown);
      Limit.notAbove("health.intervalDown", intervalDown, interval);
      Limit.notAbove("health.interval", interval, intervalUnused);
      Limit.positive("health.usedWithin", usedWithin);
      Limit.positive("health.timeout", timeout);
      Limit.positive("health.probesPerSecond", probesPerSecond);
      Limit.positive("health.targets", targets);
      Limit.positive("health.reportInterval", reportInterval);
    }
  }

  /**
   * Limits of the connection to the broker, of lanes and of grants.
   *
   * @param carriersMax carriers parked at once, whatever the broker asks for
   * @param laneWait how long a grant waits for the lane that it names
   * @param grantsWaiting grants that wait for their lanes, of the whole process
   * @param flows live flows of the whole process; one more is refused
   * @param lanesPerDevice lanes of one device
   * @param endpoints devices served at once per process
   * @param tcpIdle a TCP flow that moves nothing for this long is closed, unless the grant says
   *     otherwise
   * @param drain how long flows may go on once the connector was asked to stop
   */
  public record Link(
      int carriersMax,
      Duration laneWait,
      int grantsWaiting,
      int flows,
      int lanesPerDevice,
      int endpoints,
      Duration tcpIdle,
      Duration drain) {
    public static final Link DEFAULT =
        new Link(
            64,
            Duration.ofSeconds(3),
            4096,
            100_000,
            64,
            10_000,
            Duration.ofHours(2),
            Duration.ofSeconds(30));

    public Link {
      Limit.positive("link.carriersMax", carriersMax);
      Limit.positive("link.laneWait", laneWait);
      Limit.positive("link.grantsWaiting", grantsWaiting);
      Limit.positive("link.flows", flows);
      Limit.positive("link.lanesPerDevice", lanesPerDevice);
      Limit.positive("link.endpoints", endpoints);
    }
  }
}

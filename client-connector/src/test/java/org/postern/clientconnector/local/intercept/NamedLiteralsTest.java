package org.postern.clientconnector.local.intercept;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.Association;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.DatagramEnd;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

class NamedLiteralsTest {

  private static final int ADDRESS = Ipv4Range.parseAddress("100.64.7.9");
  private static final Ipv6Twin TWIN =
      new Ipv6Twin(Ipv6Range.parse("fd12:3456:789a::/96"), Ipv4Range.parse("100.64.0.0/16"));

  /** Both literals, and the same IPv6 address as SOCKS5 spells it. */
  private static final List<String> LITERALS =
      List.of("100.64.7.9", "fd12:3456:789a::6440:709", "fd12:3456:789a:0:0:0:6440:709");

  private static final List<String> OTHERS =
      List.of(
          "payments.corp.internal",
          "host.100",
          "10.77.1.2",
          "100.64.7.8",
          "fd12:3456:789a::6440:708",
          "fd12:3456:789b::6440:709",
          "2001:db8::1",
          "not:an:address");

  private final List<Target> asked = new ArrayList<>();
  private final List<DatagramEnd> ends = new ArrayList<>();
  private int held;
  private @Nullable Ipv6Twin twin = TWIN;

  private final NamedLiterals gateway =
      new NamedLiterals(
          new Gateway() {
            @Override
            public Future<Resolution> resolve(String host) {
              throw new AssertionError("a name that is handed over is not asked about here");
            }

            @Override
            public void connect(Target target, Channel local, ConnectListener listener) {
              asked.add(target);
            }

            @Override
            public Association associate(Target target, DatagramEnd local) {
              asked.add(target);
              ends.add(local);
              return new Silent();
            }
          },
          new NamedLiterals.Names() {
            @Override
            public @Nullable String nameOf(int address) {
              return address == ADDRESS ? "payments.corp.internal" : null;
            }

            @Override
            public Ipv4Range range() {
              return Ipv4Range.parse("100.64.0.0/16");
            }

            @Override
            public void hold(int address) {
              held++;
            }

            @Override
            public void release(int address) {
              held--;
            }

            @Override
            public @Nullable Ipv6Twin twin() {
              return twin;
            }
          });

  /** Both ends of a UDP flow that says nothing. */
  private static final class Silent implements Association, DatagramEnd {
    @Override
    public void send(ByteBuf payload) {
      payload.release();
    }

    @Override
    public void close() {}

    @Override
    public void onDatagram(ByteBuf payload) {
      payload.release();
    }

    @Override
    public void onClosed(ReasonCode reason, String text) {}
  }

  private static final class Deaf implements ConnectListener {
    @Override
    public void onOpened() {}

    @Override
    public void onRefused(ReasonCode reason, String text) {}
  }

  @Test
  void nameBehindAnAddressIsToldAndNobodysIsNoName() {
    LITERALS.forEach(
        ours -> assertThat(gateway.hostBehind(ours)).isEqualTo("payments.corp.internal"));
    assertThat(gateway.hostBehind("100.64.7.8")).isNull();
    assertThat(gateway.hostBehind("fd12:3456:789a::6440:708")).isNull();
    for (String other : List.of("10.1.2.3", "2001:db8::1", "wiki.corp.internal", "100.65.7.8")) {
      assertThat(gateway.hostBehind(other)).isEqualTo(other);
    }
  }

  @Test
  void syntheticAddressStandsForItsName() {
    for (String literal : LITERALS) {
      gateway.connect(new Target(literal, 443), new EmbeddedChannel(), new Deaf());
      gateway.associate(new Target(literal, 53), new Silent());
      assertThat(asked)
          .as(literal)
          .containsExactly(
              new Target("payments.corp.internal", 443), new Target("payments.corp.internal", 53));
      asked.clear();
    }
  }

  @Test
  void everythingElsePassesUnchanged() {
    for (String host : OTHERS) {
      gateway.connect(new Target(host, 443), new EmbeddedChannel(), new Deaf());
      gateway.associate(new Target(host, 53), new Silent());
      assertThat(asked).as(host).containsExactly(new Target(host, 443), new Target(host, 53));
      asked.clear();
    }
    twin = null;
    gateway.connect(new Target(LITERALS.getLast(), 443), new EmbeddedChannel(), new Deaf());
    assertThat(asked).containsExactly(new Target(LITERALS.getLast(), 443));
    assertThat(held).isZero();
  }

  @Test
  void addressIsNotGivenAwayWhileAFlowUsesIt() {
    EmbeddedChannel program = new EmbeddedChannel();
    gateway.connect(new Target(LITERALS.getFirst(), 443), program, new Deaf());
    gateway.associate(new Target(LITERALS.getLast(), 53), new Silent());
    assertThat(held).isEqualTo(2);
    program.close();
    assertThat(held).isEqualTo(1);
    ends.getFirst().onClosed(ReasonCode.IDLE_TIMEOUT, "idle");
    assertThat(held).isZero();
  }
}

package org.postern.clientconnector.local.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.PortRange;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.support.FakeGateway;
import org.postern.clientconnector.local.support.FakeUpstream;
import org.postern.tunnel.link.EpollLoops;

class NameServerTest {

  private static final Ipv6Twin TWIN =
      new Ipv6Twin(Ipv6Range.parse("fd12:3456:789a::/96"), Ipv4Range.parse("100.64.0.0/16"));
  private static final String TWIN_ZONE =
      "4.4.6.0.0.0.0.0.0.0.0.0.0.0.0.a.9.8.7.6.5.4.3.2.1.d.f.ip6.arpa";

  private boolean ipv6 = true;
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final IoEventLoop loop = group.next();
  private final FakeGateway gateway = new FakeGateway(loop, 1_000);
  private final NameServer server =
      new NameServer(loop, LocalLimits.DEFAULTS, gateway, new Addresses());

  private final class Addresses implements NameServer.AddressBook {
    @Override
    public Future<Integer> addressFor(String name, Resolution.Permitted permitted) {
      return loop.newSucceededFuture(0x64400709);
    }

    @Override
    public @Nullable String nameOf(int address) {
      return address == 0x64400709 ? "payments.corp.internal" : null;
    }

    @Override
    public Ipv4Range range() {
      return TWIN.range();
    }

    @Override
    public @Nullable Ipv6Twin twin() {
      return ipv6 ? TWIN : null;
    }
  }

  @BeforeEach
  void own() {
    gateway.permit("payments.corp.internal", List.of(new PortRange(443, 443)));
    loop.execute(() -> server.own(owned(1)));
  }

  @AfterEach
  void stop() throws InterruptedException {
    loop.submit(server::close).await();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private static OwnedNames owned(long version) {
    return new OwnedNames(Set.of("corp.internal"), Set.of(), List.of(), List.of(), version);
  }

  private static ByteBuf question(String name, int type) {
    ByteBuf message = Unpooled.buffer();
    message.writeShort(77).writeShort(0x0100).writeShort(1).writeShort(0).writeInt(0);
    for (String label : name.split("\\.")) {
      message.writeByte(label.length()).writeCharSequence(label, StandardCharsets.US_ASCII);
    }
    return message.writeByte(0).writeShort(type).writeShort(1);
  }

  private CompletableFuture<byte[]> ask(ByteBuf question, Forwarder.Transport transport) {
    CompletableFuture<byte[]> reply = new CompletableFuture<>();
    loop.execute(() ->
        server.answer(
            question,
            transport,
            answer -> {
              reply.complete(io.netty.buffer.ByteBufUtil.getBytes(answer));
              answer.release();
            }));
    return reply;
  }

  private static int code(byte[] answer) {
    return answer[3] & 15;
  }

  @Test
  void questionsAboutOneNameAtTheSameTimeAreOneQuestionToTheBroker() throws Exception {
    var first = ask(question("payments.corp.internal", 1), Forwarder.Transport.UDP);
    var second = ask(question("payments.corp.internal", 28), Forwarder.Transport.UDP);
    assertThat(code(first.get(30, TimeUnit.SECONDS))).isZero();
    assertThat(code(second.get(30, TimeUnit.SECONDS))).isZero();
    assertThat(gateway.askedAbout("payments.corp.internal")).isEqualTo(1);
  }

  @Test
  void answersAreForgottenWhenThePolicyChanges() throws Exception {
    ask(question("payments.corp.internal", 1), Forwarder.Transport.UDP).get(30, TimeUnit.SECONDS);
    gateway.forbid("payments.corp.internal");
    loop.execute(() -> server.own(owned(2)));
    byte[] answer =
        ask(question("payments.corp.internal", 1), Forwarder.Transport.UDP)
            .get(30, TimeUnit.SECONDS);
    assertThat(code(answer)).isEqualTo(DnsAnswer.NAME_ERROR);
  }

  @Test
  void noIsRememberedLikeYes() throws Exception {
    for (int i = 0; i < 3; i++) {
      ask(question("absent.corp.internal", 1), Forwarder.Transport.UDP).get(30, TimeUnit.SECONDS);
    }
    assertThat(gateway.askedAbout("absent.corp.internal")).isEqualTo(1);
  }

  @Test
  void permittedNameAnswersForIpv6WithTheTwinOfItsAddress() throws Exception {
    byte[] answer =
        ask(question("payments.corp.internal", 28), Forwarder.Transport.UDP)
            .get(30, TimeUnit.SECONDS);
    assertThat(answer)
        .startsWith(0, 77, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0)
        .endsWith(
            0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 10, 0, 16, 0xfd, 0x12, 0x34, 0x56, 0x78, 0x9a, 0, 0, 0,
            0, 0, 0, 0x64, 0x40, 7, 9);
  }

  @Test
  void withoutIpv6APermittedNameHasNoSuchRecordAndOtherNamesStayAbsent() throws Exception {
    ipv6 = false;
    byte[] permitted =
        ask(question("payments.corp.internal", 28), Forwarder.Transport.UDP)
            .get(30, TimeUnit.SECONDS);
    assertThat(permitted).startsWith(0, 77, 0x81, 0x80, 0, 1, 0, 0, 0, 1);
    byte[] absent =
        ask(question("absent.corp.internal", 28), Forwarder.Transport.UDP)
            .get(30, TimeUnit.SECONDS);
    assertThat(code(absent)).isEqualTo(DnsAnswer.NAME_ERROR);
  }

  @Test
  void forbiddenNameIsAbsentForIpv6Too() throws Exception {
    byte[] answer =
        ask(question("absent.corp.internal", 28), Forwarder.Transport.UDP)
            .get(30, TimeUnit.SECONDS);
    assertThat(code(answer)).isEqualTo(DnsAnswer.NAME_ERROR);
  }

  @Test
  void addressesOfBothKindsLeadBackToTheName() throws Exception {
    for (String name : List.of("9.7.64.100.in-addr.arpa", "9.0.7.0.0." + TWIN_ZONE)) {
      byte[] answer = ask(question(name, 12), Forwarder.Transport.UDP).get(30, TimeUnit.SECONDS);
      assertThat(new String(answer, StandardCharsets.ISO_8859_1))
          .as(name)
          .endsWith("\u0008payments\u0004corp\u0008internal\u0000");
    }
    for (String name : List.of("1.7.64.100.in-addr.arpa", "1.0.7.0.0." + TWIN_ZONE)) {
      byte[] answer = ask(question(name, 12), Forwarder.Transport.UDP).get(30, TimeUnit.SECONDS);
      assertThat(code(answer)).as(name).isEqualTo(DnsAnswer.NAME_ERROR);
    }
  }

  @Test
  void reverseNamesOfOthersPassOn() throws Exception {
    List<String> others =
        List.of(
            "9.7.65.100.in-addr.arpa",
            "9.0.7.0.1." + TWIN_ZONE,
            "9.0.7." + TWIN_ZONE,
            "g.0.7.0.0." + TWIN_ZONE,
            "90.7.0.0." + TWIN_ZONE + ".ip6.arpa");
    for (String name : others) {
      byte[] answer = ask(question(name, 12), Forwarder.Transport.UDP).get(30, TimeUnit.SECONDS);
      // Nobody to pass it to.
      assertThat(code(answer)).as(name).isEqualTo(DnsAnswer.SERVER_FAILURE);
    }
  }

  @Test
  void withoutUpstreamOtherNamesFail() throws Exception {
    byte[] answer =
        ask(question("www.example.org", 1), Forwarder.Transport.UDP).get(30, TimeUnit.SECONDS);
    assertThat(code(answer)).isEqualTo(DnsAnswer.SERVER_FAILURE);
  }

  @Test
  void deadUpstreamIsSteppedOverForBothTransports() throws Exception {
    try (FakeUpstream upstream = new FakeUpstream("127.0.0.1", 0)) {
      InetSocketAddress dead = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1);
      loop.execute(() -> server.passOthersTo(List.of(dead, upstream.address())));
      for (Forwarder.Transport transport : Forwarder.Transport.values()) {
        byte[] answer = ask(question("www.example.org", 1), transport).get(30, TimeUnit.SECONDS);
        assertThat(answer[0] << 8 | answer[1]).isEqualTo(77);
        assertThat(answer).endsWith(203, 0, 113, 7);
      }
    }
  }

  @Test
  void bypassedNameBelowOurDomainGoesToThePreviousResolverUntouched() throws Exception {
    try (FakeUpstream upstream = new FakeUpstream("127.0.0.1", 0)) {
      loop.execute(() -> {
        server.passOthersTo(List.of(upstream.address()));
        server.own(
            new OwnedNames(
                Set.of("corp.internal"),
                Set.of(),
                Set.of(),
                Set.of("*.print.corp.internal"),
                List.of(),
                List.of(),
                2));
      });
      for (Forwarder.Transport transport : Forwarder.Transport.values()) {
        byte[] answer =
            ask(question("one.print.corp.internal", 1), transport).get(30, TimeUnit.SECONDS);
        assertThat(answer).endsWith(203, 0, 113, 7);
      }
      assertThat(gateway.askedAbout("one.print.corp.internal")).isZero();
    }
  }

  @Test
  void nameThatTheBrokerCallsBypassedGoesToThePreviousResolverToo() throws Exception {
    gateway.bypass("late.corp.internal");
    try (FakeUpstream upstream = new FakeUpstream("127.0.0.1", 0)) {
      loop.execute(() -> server.passOthersTo(List.of(upstream.address())));
      for (int i = 0; i < 2; i++) {
        byte[] answer =
            ask(question("late.corp.internal", 1), Forwarder.Transport.UDP)
                .get(30, TimeUnit.SECONDS);
        assertThat(answer).endsWith(203, 0, 113, 7);
      }
      assertThat(gateway.askedAbout("late.corp.internal")).isEqualTo(1);
    }
  }
}

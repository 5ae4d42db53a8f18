package org.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class DnsMessageTest {
  private final DnsResponder responder =
      new DnsResponder(Map.of("wiki.corp.internal", "10.92.0.10"));

  @Test
  void knownNameIsAnsweredWithItsAddress() throws IOException {
    byte[] answer = responder.answer(DnsMessage.query(7, "wiki.corp.internal", DnsMessage.TYPE_A));
    assertThat(DnsMessage.rcode(answer)).isZero();
    assertThat(DnsMessage.addresses(answer)).containsExactly("10.92.0.10");
    assertThat(answer[1]).isEqualTo((byte) 7);
  }

  @Test
  void otherTypesOfAKnownNameAreEmptyAndOtherNamesDoNotExist() throws IOException {
    byte[] empty = responder.answer(DnsMessage.query(1, "wiki.corp.internal", 28));
    assertThat(DnsMessage.rcode(empty)).isZero();
    assertThat(DnsMessage.addresses(empty)).isEmpty();
    byte[] none = responder.answer(DnsMessage.query(1, "nothing.example", DnsMessage.TYPE_A));
    assertThat(DnsMessage.rcode(none)).isEqualTo(DnsMessage.RCODE_NAME_ERROR);
  }

  @Test
  void answersToTwoUnknownNamesTellTheSame() throws IOException {
    byte[] one = responder.answer(DnsMessage.query(1, "a.example", DnsMessage.TYPE_A));
    byte[] two = responder.answer(DnsMessage.query(99, "longer.name.example", DnsMessage.TYPE_A));
    byte[] known = responder.answer(DnsMessage.query(1, "wiki.corp.internal", DnsMessage.TYPE_A));
    assertThat(DnsMessage.tellingPart(one)).isEqualTo(DnsMessage.tellingPart(two));
    assertThat(DnsMessage.tellingPart(one)).isNotEqualTo(DnsMessage.tellingPart(known));
  }

  @Test
  void cutQuestionIsRefused() {
    byte[] query = DnsMessage.query(1, "wiki.corp.internal", DnsMessage.TYPE_A);
    for (int length = 12; length < query.length; length++) {
      byte[] cut = Arrays.copyOf(query, length);
      assertThatThrownBy(() -> DnsMessage.question(cut)).isInstanceOf(IOException.class);
    }
  }
}

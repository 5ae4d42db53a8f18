package org.postern.clientconnector.link;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureQuestions;
import org.postern.tunnel.message.PostureReport;
import org.postern.tunnel.message.PostureState;

/**
 * What is said about the device's posture on the control link: our latest report, what the broker
 * asks, and what came of it. Confined to the client's loop.
 */
final class PostureLine {
  private Consumer<PostureQuestions> listener = questions -> {};
  private @Nullable Consumer<Envelope> link;
  private @Nullable PostureReport latest;
  private PostureState state = PostureState.getDefaultInstance();

  void listener(Consumer<PostureQuestions> asked) {
    listener = asked;
  }

  /** The link is up: the broker knows our posture before we ask for anything. */
  void up(Consumer<Envelope> fresh) {
    link = fresh;
    state = PostureState.getDefaultInstance();
    send();
  }

  void down() {
    link = null;
  }

  void report(PostureReport report) {
    latest = report;
    send();
  }

  private void send() {
    if (link != null && latest != null) {
      link.accept(Envelope.newBuilder().setPostureReport(latest).build());
    }
  }

  void asked(PostureQuestions questions) {
    listener.accept(questions);
  }

  void told(PostureState fresh) {
    state = fresh;
  }

  TunnelStatus.Posture status() {
    List<TunnelStatus.FactLine> facts =
        latest == null ? List.of() : latest.getFactsList().stream().map(PostureLine::line).toList();
    List<TunnelStatus.ProfileLine> profiles =
        state.getProfilesList().stream()
            .map(profile ->
                new TunnelStatus.ProfileLine(
                    profile.getName(),
                    word(profile.getResult().name(), "RESULT_"),
                    profile.getText(),
                    profile.getInGrace()))
            .toList();
    return new TunnelStatus.Posture(facts, profiles);
  }

  private static TunnelStatus.FactLine line(PostureFact fact) {
    String value =
        switch (fact.getValueCase()) {
          case FLAG -> fact.getFlag() ? "yes" : "no";
          case NUMBER -> Long.toUnsignedString(fact.getNumber());
          case TEXT -> fact.getText();
          case MISSING, VALUE_NOT_SET -> "";
        };
    return new TunnelStatus.FactLine(
        word(fact.getKind().name(), "KIND_"), fact.getSubject(), value, fact.getMissing());
  }

  private static String word(String name, String prefix) {
    return name.substring(name.startsWith(prefix) ? prefix.length() : 0).toLowerCase(Locale.ROOT);
  }
}

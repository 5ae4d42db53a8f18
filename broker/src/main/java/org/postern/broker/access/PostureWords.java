package org.postern.broker.access;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.postern.policystore.Truth;
import org.postern.policystore.posture.FactName;
import org.postern.policystore.posture.ProfileResult;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureQuestions;
import org.postern.tunnel.message.PostureState;

/** Posture in the words of the wire. */
final class PostureWords {
  private static final int TEXT_LENGTH_MAX = 400;
  private static final int PROFILES_TOLD_MAX = 100;

  private PostureWords() {}

  static PostureState state(List<ProfileResult> results) {
    PostureState.Builder state = PostureState.newBuilder();
    for (ProfileResult result : results.stream().limit(PROFILES_TOLD_MAX).toList()) {
      state.addProfiles(
          PostureState.Profile.newBuilder()
              .setName(result.profile())
              .setResult(
                  switch (result.result()) {
                    case TRUE -> PostureState.Profile.Result.RESULT_TRUE;
                    case FALSE -> PostureState.Profile.Result.RESULT_FALSE;
                    case UNKNOWN -> PostureState.Profile.Result.RESULT_UNKNOWN;
                  })
              .setText(shortened(result.why()))
              .setInGrace(result.inGrace()));
    }
    return state.build();
  }

  static PostureQuestions questions(List<FactName> names, int max) {
    PostureQuestions.Builder questions = PostureQuestions.newBuilder();
    for (FactName name : names.stream().limit(max).toList()) {
      PostureFact.Kind kind = PostureFact.Kind.forNumber(name.kind().code());
      if (kind == null) {
        throw new AssertionError("no wire code for " + name.kind());
      }
      questions.addQuestions(
          PostureQuestions.Question.newBuilder().setKind(kind).setSubject(name.subject()));
    }
    return questions.build();
  }

  /** What turned from what it was, and is not true now, for the person. */
  static String turned(List<ProfileResult> results, Map<String, Truth> before) {
    return shortened(
        results.stream()
            .filter(result -> hasTurned(result, before))
            .map(result ->
                "your device no longer meets '%s': %s".formatted(result.profile(), result.why()))
            .collect(Collectors.joining("; ")));
  }

  static boolean hasTurned(ProfileResult result, Map<String, Truth> before) {
    return result.result() != Truth.TRUE
        && before.getOrDefault(result.profile(), Truth.UNKNOWN) != result.result();
  }

  private static String shortened(String text) {
    return text.length() > TEXT_LENGTH_MAX ? text.substring(0, TEXT_LENGTH_MAX) + "..." : text;
  }
}

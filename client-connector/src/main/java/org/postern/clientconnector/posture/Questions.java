package org.postern.clientconnector.posture;

import java.util.Set;
import java.util.TreeSet;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureQuestions;

/** What the broker wants to know beyond what every report says. */
record Questions(PostureQuestions asked) {
  static final Questions NONE = new Questions(PostureQuestions.getDefaultInstance());

  /** Takes over what is well formed, up to the limit; the rest stays unanswered. */
  static Questions of(PostureQuestions raw, PostureLimits limits) {
    PostureQuestions.Builder kept = PostureQuestions.newBuilder();
    for (PostureQuestions.Question question : raw.getQuestionsList()) {
      boolean path =
          switch (question.getKind()) {
            case KIND_PROCESS_RUNNING, KIND_PROCESS_SHA256, KIND_FILE_EXISTS, KIND_FILE_SHA256 ->
                true;
            default -> false;
          };
      String subject = question.getSubject();
      boolean good =
          !subject.isEmpty()
              && subject.length() <= limits.subjectLength()
              && subject.chars().noneMatch(Character::isISOControl)
              && (!path || (subject.startsWith("/") && !subject.contains("/../")));
      if (good && kept.getQuestionsCount() < limits.questionsMax()) {
        kept.addQuestions(question);
      }
    }
    return new Questions(kept.build());
  }

  Set<String> subjects(PostureFact.Kind kind) {
    Set<String> subjects = new TreeSet<>();
    for (PostureQuestions.Question question : asked.getQuestionsList()) {
      if (question.getKind() == kind) {
        subjects.add(question.getSubject());
      }
    }
    return subjects;
  }
}

package org.postern.policystore.yaml;

import java.util.List;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;

/// Reads policy documents. Never throws for what a document holds. Any thread.
public final class PolicyParser {
  /// What came of reading a document.
  public sealed interface Result {
    /// It is well formed.
    record Parsed(PolicyDocument document) implements Result {}

    /// It is not: all mistakes, in the order of the text, up to the limit.
    record Failed(List<PolicyError> errors) implements Result {
      /// Copies the list.
      public Failed {
        errors = List.copyOf(errors);
      }
    }
  }

  private final PolicyLimits limits;

  /// With limits on what may be read.
  public PolicyParser(PolicyLimits limits) {
    this.limits = limits;
  }

  /// Reads one document. References to kinds that it does not name are left for
  /// [PolicyDocument#errorsOver].
  public Result parse(String yaml) {
    Problems problems = new Problems(limits.errors());
    Node root = YamlTree.read(yaml, limits, problems);
    PolicyDocument document = root == null ? null : new DocumentReader(limits, problems).read(root);
    if (document == null) {
      return new Result.Failed(problems.sorted());
    }
    new Consistency(document, document.over(PolicyConfiguration.EMPTY), problems, false)
        .check(limits);
    return problems.isEmpty() ? new Result.Parsed(document) : new Result.Failed(problems.sorted());
  }
}

package org.postern.policystore.yaml;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.postern.policystore.ConditionText;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.PostureTerms;

/// The keys of a posture profile, as [PostureReader] reads them, without its name.
final class PostureWriter {
  private PostureWriter() {}

  /// Values in YAML flow style, by key, in the order of the document's grammar.
  static Map<String, String> keys(PostureProfile profile) {
    Map<String, List<String>> lists = new TreeMap<>();
    Map<String, String> single = new TreeMap<>();
    lists.put("platforms", profile.platforms().stream().map(PostureReader::word).toList());
    if (!profile.description().isEmpty()) {
      single.put("description", PolicyWriter.quote(profile.description()));
    }
    for (PostureRequirement requirement : profile.terms().requirements()) {
      String key = requirement.kind();
      switch (requirement) {
        case PostureRequirement.Os(List<PostureRequirement.OsVersion> anyOf) ->
            lists.put(
                key, anyOf.stream().map(each -> PolicyWriter.quote(each.toString())).toList());
        case PostureRequirement.Kernel(String least) -> single.put(key, PolicyWriter.quote(least));
        case PostureRequirement.Client(String least) -> single.put(key, PolicyWriter.quote(least));
        case PostureRequirement.DiskEncrypted disk -> single.put(key, "true");
        case PostureRequirement.FirewallOn firewall -> single.put(key, "true");
        case PostureRequirement.ScreenLock(Duration within) ->
            single.put(key, ConditionText.duration(within));
        case PostureRequirement.Domain(List<String> anyOf) ->
            lists.put(key, anyOf.stream().map(PolicyWriter::quote).toList());
        case PostureRequirement.Program(String path, List<String> sha256) ->
            add(lists, key, file(path, sha256));
        case PostureRequirement.File(String path, List<String> sha256) ->
            add(lists, key, file(path, sha256));
        case PostureRequirement.ProtectedKey(String label) ->
            add(lists, key, PolicyWriter.quote(label));
      }
    }
    if (!profile.terms().ageMax().equals(PostureTerms.AGE_MAX_DEFAULT)) {
      single.put("maxAge", ConditionText.duration(profile.terms().ageMax()));
    }
    if (!profile.terms().grace().isZero()) {
      single.put("grace", ConditionText.duration(profile.terms().grace()));
    }
    lists.forEach((key, values) -> single.put(key, "[" + String.join(", ", values) + "]"));
    Map<String, String> ordered = new java.util.LinkedHashMap<>();
    for (String key : PostureReader.KEYS) {
      String value = single.get(key);
      if (value != null) {
        ordered.put(key, value);
      }
    }
    return ordered;
  }

  private static void add(Map<String, List<String>> lists, String key, String value) {
    lists.computeIfAbsent(key, _ -> new ArrayList<>()).add(value);
  }

  private static String file(String path, List<String> sha256) {
    String quoted = PolicyWriter.quote(path);
    return sha256.isEmpty()
        ? "{path: " + quoted + "}"
        : "{path: "
            + quoted
            + ", sha256: ["
            + String.join(", ", sha256.stream().map(PolicyWriter::quote).toList())
            + "]}";
  }
}

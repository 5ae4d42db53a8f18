package org.postern.policystore;

import java.util.List;

/// Users that rules speak of together: the members listed here, by e-mail address in lower case,
/// and those of whom a source says that they are in its group.
///
/// A provider's group names mean something at that provider only: another one may give the same
/// name to anybody. Without sources the group of the same name counts while there is one provider;
/// with several it counts for nothing.
///
/// @param sources whose word counts
public record Group(String name, List<String> members, List<Source> sources) {
  /// Copies the lists.
  public Group {
    members = List.copyOf(members);
    sources = List.copyOf(sources);
  }

  /// Without sources.
  public Group(String name, List<String> members) {
    this(name, members, List.of());
  }

  /// A provider's group.
  ///
  /// @param group in the provider's words
  public record Source(String provider, String group) {
    /// Reads what [#text] wrote in a group of this name.
    public static Source parse(String text, String own) {
      int colon = text.indexOf(':');
      return colon < 0
          ? new Source(text, own)
          : new Source(text.substring(0, colon), text.substring(colon + 1));
    }

    /// `PROVIDER:GROUP`, or `PROVIDER` where both groups have one name.
    ///
    /// @param own the name of the group that has this source
    public String text(String own) {
      return group.equals(own) ? provider : provider + ":" + group;
    }
  }

  /// The sources as policy documents and tables have them.
  public List<String> sourceTexts() {
    return sources.stream().map(source -> source.text(name)).toList();
  }
}

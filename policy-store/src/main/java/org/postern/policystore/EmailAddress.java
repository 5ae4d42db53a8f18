package org.postern.policystore;

/// What counts as an e-mail address in an identity provider's words. It is an attribute and never a
/// key; but rules name it and its domain chooses a provider, so one that cannot be told from
/// another by looking at it is none.
public final class EmailAddress {
  private EmailAddress() {}

  /// The address with A to Z in lower case, or empty if it cannot be used: too long, not of the
  /// form `name@domain`, or with characters that nobody sees (spaces, controls, marks of direction,
  /// joiners of width zero) or that are half a character. It is not normalized: what Unicode calls
  /// equivalent stays apart.
  ///
  /// @param said by a provider, of any content
  /// @param charactersMax how long it may be
  public static String of(String said, int charactersMax) {
    int at = said.indexOf('@');
    boolean form =
        said.length() <= charactersMax
            && at >= 1
            && at == said.lastIndexOf('@')
            && at < said.length() - 1;
    return form && said.codePoints().allMatch(EmailAddress::isSeen) ? AsciiCase.fold(said) : "";
  }

  /// The part behind the last `@`, folded likewise; all of it if there is none.
  public static String domain(String email) {
    return AsciiCase.fold(email.substring(email.lastIndexOf('@') + 1));
  }

  private static boolean isSeen(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.SPACE_SEPARATOR,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}

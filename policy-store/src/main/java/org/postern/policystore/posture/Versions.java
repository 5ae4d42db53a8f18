package org.postern.policystore.posture;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.policystore.Truth;

/// Compares versions by the dotted numbers that they begin with; what follows them does not count.
final class Versions {
  private static final Pattern NUMBERS = Pattern.compile("v?([0-9]{1,9}(?:\\.[0-9]{1,9}){0,7}).*");

  private Versions() {}

  /// Unknown if one of them does not begin with a number.
  static Truth atLeast(String version, String least) {
    List<BigInteger> have = numbers(version);
    List<BigInteger> want = numbers(least);
    if (have.isEmpty() || want.isEmpty()) {
      return Truth.UNKNOWN;
    }
    for (int i = 0; i < Math.max(have.size(), want.size()); i++) {
      int difference = at(have, i).compareTo(at(want, i));
      if (difference != 0) {
        return Truth.of(difference > 0);
      }
    }
    return Truth.TRUE;
  }

  private static BigInteger at(List<BigInteger> numbers, int index) {
    return index < numbers.size() ? numbers.get(index) : BigInteger.ZERO;
  }

  private static List<BigInteger> numbers(String version) {
    Matcher matcher = NUMBERS.matcher(version);
    List<BigInteger> numbers = new ArrayList<>();
    if (matcher.matches()) {
      for (String number : matcher.group(1).split("\\.")) {
        numbers.add(new BigInteger(number));
      }
    }
    return numbers;
  }
}

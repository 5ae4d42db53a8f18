package org.postern.policystore.decision;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/// Ways in which people put rules into another order.
final class RandomOrder {
  private RandomOrder() {}

  /// One goes elsewhere, two change places, all are turned, all are in another order, or none.
  static <T> void change(SplittableRandom random, List<T> rules) {
    if (rules.isEmpty()) {
      return;
    }
    int one = random.nextInt(rules.size());
    switch (random.nextInt(6)) {
      case 0 -> rules.add(random.nextInt(rules.size()), rules.remove(one));
      case 1 -> Collections.swap(rules, one, random.nextInt(rules.size()));
      case 2 -> Collections.rotate(rules, one);
      case 3 -> Collections.shuffle(rules, Random.from(random));
      default -> {}
    }
  }
}

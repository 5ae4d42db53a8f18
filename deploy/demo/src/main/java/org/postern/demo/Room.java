package org.postern.demo;

import java.util.Locale;

/** The three networks of the demonstration. */
enum Room {
  USER,
  CLOUD,
  VPC;

  /** Name of its network namespace and of the program that enters it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package org.postern.broker.signin;

import java.util.List;

/**
 * What a provider says about a user, checked.
 *
 * @param subject the provider's own, stable name for them
 * @param email only when the provider vouches for it, else empty
 * @param name for people to read
 */
record Claims(String subject, String email, String name, List<String> groups) {
  Claims {
    groups = List.copyOf(groups);
  }
}

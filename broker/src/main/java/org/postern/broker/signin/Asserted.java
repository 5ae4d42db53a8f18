package org.postern.broker.signin;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.postern.policystore.Authentication;
import org.postern.policystore.Person;

/**
 * What a provider says about who came back, verified.
 *
 * @param said every claim or attribute, for the administrator who maps them
 */
public record Asserted(
    Person person, Authentication authentication, Map<String, List<String>> said) {

  /** Copies the map, in order of names. */
  public Asserted {
    said = java.util.Collections.unmodifiableMap(new TreeMap<>(said));
  }
}

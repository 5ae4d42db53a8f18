package org.postern.broker.signin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.postern.policystore.EmailAddress;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Person;
import org.postern.policystore.ShownText;

/**
 * Turns a provider's verified words into a person, by the provider's configuration. Nothing is cut:
 * what is over a limit ends the sign-in.
 */
public final class Mapping {
  private final IdentityProvider provider;
  private final SignInLimits limits;

  /** For one provider. */
  public Mapping(IdentityProvider provider, SignInLimits limits) {
    this.provider = provider;
    this.limits = limits;
  }

  /**
   * The person.
   *
   * @param email as the provider vouches for it, or empty
   * @param name for people to read; may be empty
   * @param said texts by claim or attribute
   */
  public Person person(String subject, String email, String name, Map<String, List<String>> said)
      throws SignInException {
    String shown = ShownText.of(name.isBlank() ? (email.isEmpty() ? subject : email) : name);
    return new Person(
        subject,
        email,
        shown.substring(0, Math.min(shown.length(), limits.textMax())),
        groups(said.getOrDefault(provider.attributes().groups(), List.of())),
        attributes(said));
  }

  private List<String> groups(List<String> said) throws SignInException {
    List<String> groups = new ArrayList<>();
    for (String group : said) {
      if (group.length() > limits.textMax()) {
        throw tooLarge("a group name of " + group.length() + " characters", limits.textMax());
      }
      if (!group.isBlank()) {
        groups.add(group);
      }
    }
    if (groups.size() > limits.groupsMax()) {
      throw tooLarge(groups.size() + " groups", limits.groupsMax());
    }
    return groups;
  }

  private Map<String, List<String>> attributes(Map<String, List<String>> said)
      throws SignInException {
    Map<String, List<String>> attributes = new TreeMap<>();
    for (Map.Entry<String, String> wanted : provider.attributes().named().entrySet()) {
      List<String> values = said.getOrDefault(wanted.getValue(), List.of());
      if (values.size() > limits.valuesMax()) {
        throw tooLarge(values.size() + " values of " + wanted.getValue(), limits.valuesMax());
      }
      for (String value : values) {
        if (value.length() > limits.attributeMax()) {
          throw tooLarge("a value of " + wanted.getValue(), limits.attributeMax());
        }
      }
      if (!values.isEmpty()) {
        attributes.put(wanted.getKey(), values);
      }
    }
    return attributes;
  }

  private static SignInException tooLarge(String what, int most) {
    return new SignInException(
        SignInFault.CLAIM_TOO_LARGE, "the provider sends %s (at most %d)".formatted(what, most));
  }

  /**
   * Whether this provider may speak for an address: its domain is one of the provider's, or
   * nobody's and this is the provider for those.
   *
   * @param all every configured provider
   */
  static void checkDomain(IdentityProvider provider, List<IdentityProvider> all, String email)
      throws SignInException {
    if (email.isEmpty()) {
      return;
    }
    String domain = domain(email);
    boolean own = provider.domains().contains(domain);
    boolean nobodys = all.stream().noneMatch(each -> each.domains().contains(domain));
    boolean alone = provider.domains().isEmpty() && all.size() == 1;
    if (!own && !(nobodys && (alone || provider.anyDomain()))) {
      throw new SignInException(
          SignInFault.EMAIL_DOMAIN,
          "%s asserts an address of %s (its domains: %s)"
              .formatted(provider.name(), domain, provider.domains()));
    }
  }

  static String domain(String email) {
    return EmailAddress.domain(email);
  }
}

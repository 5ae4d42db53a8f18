package org.postern.policystore.analysis;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.UserRecord;

/// Somebody in a group, before and after a change: by the word of a provider that the group names,
/// or of the only provider there is; else as one of the members that are listed; and in it no more
/// where the configuration knows no way into it.
///
/// @param before of one id
/// @param after of the same
record MadeUp(String group, UserRecord before, UserRecord after) {
  /// One for each group of either side, sorted by its name; none where nobody can sign in.
  static List<MadeUp> all(PolicyConfiguration before, PolicyConfiguration after) {
    TreeMap<String, Group> groups = new TreeMap<>();
    TreeMap<String, IdentityProvider> providers = new TreeMap<>();
    for (PolicyConfiguration configuration : List.of(before, after)) {
      for (Group each : configuration.groups()) {
        groups.merge(each.name(), each, (one, other) -> one.sources().isEmpty() ? other : one);
      }
      configuration.identityProviders().forEach(each -> providers.putIfAbsent(each.name(), each));
    }
    List<MadeUp> all = new ArrayList<>();
    if (providers.isEmpty()) {
      return all;
    }
    boolean same = before.identityProviders().equals(after.identityProviders());
    for (Group group : groups.values()) {
      if (same) {
        UserRecord user = byWord(group, providers);
        all.add(new MadeUp(group.name(), user, user));
      } else {
        all.add(between(new Side(before, group), new Side(after, group), providers));
      }
    }
    return all;
  }

  private static MadeUp between(
      Side before, Side after, TreeMap<String, IdentityProvider> everyProvider) {
    String listed = before.needsList() || after.needsList() ? listedOnBoth(before, after) : null;
    return new MadeUp(
        before.group().name(),
        before.somebody(listed, everyProvider),
        after.somebody(listed, everyProvider));
  }

  /// The same person on both sides, so that only the change makes the difference.
  private static @Nullable String listedOnBoth(Side before, Side after) {
    return before.group().members().stream()
        .filter(after.group().members()::contains)
        .filter(each -> before.voucher(each).isPresent() && after.voucher(each).isPresent())
        .findFirst()
        .orElse(null);
  }

  /// A group as one configuration has it, or else as the other one does.
  private record Side(TreeMap<String, IdentityProvider> providers, Group group) {
    Side(PolicyConfiguration configuration, Group otherwise) {
      this(
          new TreeMap<>(),
          configuration.groups().stream()
              .filter(each -> each.name().equals(otherwise.name()))
              .findFirst()
              .orElse(otherwise));
      configuration.identityProviders().forEach(each -> providers.put(each.name(), each));
    }

    boolean needsList() {
      return group.sources().isEmpty() && providers.size() > 1;
    }

    Optional<IdentityProvider> voucher(String email) {
      return providers.values().stream()
          .filter(each -> each.vouchesFor(email, providers.values()))
          .findFirst();
    }

    UserRecord somebody(@Nullable String listed, TreeMap<String, IdentityProvider> everyProvider) {
      List<String> candidates =
          listed != null ? List.of(listed) : needsList() ? group.members() : List.of();
      for (String email : candidates) {
        Optional<IdentityProvider> voucher = voucher(email);
        if (voucher.isPresent()) {
          return user(group, voucher.get(), email, group.name());
        }
      }
      return byWord(group, providers.isEmpty() ? everyProvider : providers);
    }
  }

  private static UserRecord byWord(Group group, TreeMap<String, IdentityProvider> providers) {
    IdentityProvider first = providers.firstEntry().getValue();
    Group.Source source =
        group.sources().stream()
            .filter(each -> providers.containsKey(each.provider()))
            .findFirst()
            .orElse(new Group.Source(first.name(), group.name()));
    IdentityProvider provider = providers.getOrDefault(source.provider(), first);
    String domain = provider.domains().isEmpty() ? "group.invalid" : provider.domains().getFirst();
    return user(group, provider, "anybody@" + domain, source.group());
  }

  private static UserRecord user(
      Group group, IdentityProvider provider, String email, String word) {
    String id = "member of " + group.name();
    return new UserRecord(id, provider.name(), id, email, "", false, List.of(word));
  }
}

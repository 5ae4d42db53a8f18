package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.postern.policystore.EmailAddress;
import org.postern.policystore.ShownText;
import org.postern.policystore.jdbc.ScimGroups;
import org.postern.policystore.jdbc.ScimUsers;

/** Users of one provider, as SCIM resources. Blocking; any thread. */
final class UserService {
  private final ScimUsers users;
  private final ScimGroups groups;
  private final ScimLimits limits;
  private final String provider;
  private final String base;
  private final ResourceTypeDefinition type;

  UserService(
      ScimUsers users,
      ScimGroups groups,
      ScimLimits limits,
      String provider,
      String base,
      ScimTypes types) {
    this.users = users;
    this.groups = groups;
    this.limits = limits;
    this.provider = provider;
    this.base = base;
    this.type = types.user();
  }

  ScimUsers.Stored create(ObjectNode sent) {
    return done(users.create(provider, content(ScimTypes.checked(type, sent))), "");
  }

  ScimUsers.Stored get(String id) {
    return users.find(provider, id).orElseThrow(() -> ScimRefusal.notFound("user", id));
  }

  ScimUsers.Stored replace(String id, ObjectNode sent, Precondition precondition) {
    ScimUsers.Content content = content(ScimTypes.checked(type, sent));
    return change(id, precondition, stored -> content.resource());
  }

  ScimUsers.Stored patch(String id, ObjectNode request, Precondition precondition) {
    List<PatchDialect.Step> steps = new PatchDialect(type, limits.operationsMax()).read(request);
    return change(
        id,
        precondition,
        stored -> {
          ObjectNode resource = ScimJson.stored(stored);
          Patching.apply(type, resource, steps);
          return content(ScimTypes.checked(type, resource)).resource();
        });
  }

  private ScimUsers.Stored change(
      String id, Precondition precondition, UnaryOperator<String> edit) {
    ScimUsers.Outcome outcome =
        users.change(
            provider,
            id,
            stored -> {
              precondition.check(stored.version());
              String next = edit.apply(stored.resource());
              // The same again is no change: no new version, nothing for the brokers to read.
              return next.equals(stored.resource())
                  ? Optional.empty()
                  : Optional.of(content(ScimJson.stored(next)));
            });
    return done(outcome, id);
  }

  void delete(String id, Precondition precondition) {
    boolean deleted =
        users.delete(
            provider,
            id,
            stored -> {
              precondition.check(stored.version());
              return true;
            });
    if (!deleted) {
      throw ScimRefusal.notFound("user", id);
    }
  }

  private static ScimUsers.Stored done(ScimUsers.Outcome outcome, String id) {
    return switch (outcome) {
      case ScimUsers.Outcome.Done(ScimUsers.Stored user) -> user;
      case ScimUsers.Outcome.NameTaken(String name) -> throw ScimRefusal.taken("userName", name);
      case ScimUsers.Outcome.Missing() -> throw ScimRefusal.notFound("user", id);
    };
  }

  ObjectNode list(ScimQuery query) {
    Filters<ScimUsers.Match> filters =
        Filters.of(query.filter(), new ScimUsers.Match.Everyone(), UserService::index);
    boolean withGroups = query.shows("groups") || query.filterText().contains("groups");
    return new Listing<ScimUsers.Stored>(type, limits)
        .answer(
            query,
            new Listing.Source<>() {
              @Override
              public List<ScimUsers.Stored> page(String after, int skip, int max) {
                return users.list(provider, filters.match(), after, skip, max);
              }

              @Override
              public int count() {
                return users.count(provider, filters.match());
              }

              @Override
              public String id(ScimUsers.Stored stored) {
                return stored.id();
              }

              @Override
              public ObjectNode resource(ScimUsers.Stored stored) {
                return UserService.this.resource(stored, withGroups);
              }
            },
            filters.remaining());
  }

  private static Optional<Filters.Exact<ScimUsers.Match>> index(String attribute, String value) {
    ScimUsers.Match match =
        switch (attribute) {
          case "username" -> new ScimUsers.Match.UserName(value);
          case "externalid" -> new ScimUsers.Match.ExternalId(value);
          case "id" -> new ScimUsers.Match.Id(value);
          case String other -> new ScimUsers.Match.Everyone();
        };
    return match instanceof ScimUsers.Match.Everyone
        ? Optional.empty()
        : Optional.of(new Filters.Exact<>(match, true));
  }

  /** A user for the client. */
  ObjectNode resource(ScimUsers.Stored stored, boolean withGroups) {
    ObjectNode resource = ScimJson.stored(stored.resource());
    resource.put("id", stored.id());
    if (withGroups) {
      ArrayNode list = ScimJson.array();
      for (ScimGroups.Membership each : groups.groupsOf(stored.id())) {
        ObjectNode group = ScimJson.object();
        group.put("value", each.groupId());
        group.put("display", each.displayName());
        group.put("$ref", base + "/Groups/" + each.groupId());
        group.put("type", "direct");
        list.add(group);
      }
      if (!list.isEmpty()) {
        resource.set("groups", list);
      }
    }
    resource.set(
        "meta",
        ScimJson.meta(
            "User",
            stored.createdAt(),
            stored.modifiedAt(),
            base + "/Users/" + stored.id(),
            stored.version()));
    return resource;
  }

  ObjectNode shown(ScimUsers.Stored stored, ScimQuery query) {
    return query.trim(type, resource(stored, query.shows("groups")));
  }

  // -- what decisions need of a resource

  private ScimUsers.Content content(ObjectNode checked) {
    // We are not where people sign in; a password that is not kept cannot leak.
    checked.remove("password");
    String userName =
        Text.of(checked, "userName")
            .orElseThrow(() -> ScimRefusal.invalid("invalidValue", "userName is missing"));
    Text.name("userName", userName, limits.nameCharactersMax());
    Optional<String> externalId = Text.of(checked, "externalId");
    externalId.ifPresent(id -> Text.name("externalId", id, limits.nameCharactersMax()));
    JsonNode active = checked.get("active");
    String resource = checked.toString();
    if (resource.length() > limits.resourceCharactersMax()) {
      throw ScimRefusal.tooLarge(
          "the user has %d characters (expected: at most %d)"
              .formatted(resource.length(), limits.resourceCharactersMax()));
    }
    String email = email(checked, userName);
    return new ScimUsers.Content(
        userName,
        externalId,
        active == null || !active.isBoolean() || active.booleanValue(),
        email,
        name(checked, userName),
        resource);
  }

  /** The primary address, else the work address, else the first, else a userName that is one. */
  private String email(ObjectNode user, String userName) {
    String best = "";
    int rank = 0;
    for (JsonNode each : user.path("emails")) {
      String address = Text.of(each, "value").orElse("");
      int own =
          each.path("primary").asBoolean() ? 3 : each.path("type").asText().equals("work") ? 2 : 1;
      if (!address.isEmpty() && own > rank) {
        best = address;
        rank = own;
      }
    }
    String chosen = best.isEmpty() && userName.indexOf('@') > 0 ? userName : best;
    return EmailAddress.of(chosen, limits.nameCharactersMax());
  }

  private String name(ObjectNode user, String userName) {
    JsonNode parts = user.path("name");
    String joined =
        (parts.path("givenName").asText("") + " " + parts.path("familyName").asText("")).strip();
    String name =
        Text.of(user, "displayName")
            .or(() -> Text.of(parts, "formatted"))
            .orElse(joined.isEmpty() ? userName : joined);
    return ShownText.of(name.length() <= limits.nameCharactersMax() ? name : userName);
  }
}

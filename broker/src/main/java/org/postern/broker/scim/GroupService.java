package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.Path;
import com.unboundid.scim2.common.filters.Filter;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.policystore.jdbc.ScimGroups;

/** Groups of one provider, as SCIM resources. Blocking; any thread. */
final class GroupService {
  private final ScimGroups groups;
  private final ScimLimits limits;
  private final String provider;
  private final String base;
  private final ResourceTypeDefinition type;
  private final MemberSteps memberSteps;

  GroupService(
      ScimGroups groups, ScimLimits limits, String provider, String base, ScimTypes types) {
    this.groups = groups;
    this.limits = limits;
    this.provider = provider;
    this.base = base;
    this.type = types.group();
    this.memberSteps = new MemberSteps(limits);
  }

  ScimGroups.Stored create(ObjectNode sent) {
    Set<String> members = memberSteps.ids(sent.path("members"));
    return done(groups.create(provider, content(sent), members), "");
  }

  ScimGroups.Stored get(String id) {
    return groups.find(provider, id).orElseThrow(() -> ScimRefusal.notFound("group", id));
  }

  ScimGroups.Stored replace(String id, ObjectNode sent, Precondition precondition) {
    Set<String> members = memberSteps.ids(sent.path("members"));
    ScimGroups.Content content = content(sent);
    return done(
        groups.change(
            provider,
            id,
            stored -> {
              precondition.check(stored.version());
              return new ScimGroups.Edit(
                  Optional.of(content), List.of(new ScimGroups.MemberStep.Replace(members)));
            }),
        id);
  }

  /** Members are changed in the table, not in a list of all of them: groups are large. */
  ScimGroups.Stored patch(String id, ObjectNode request, Precondition precondition) {
    List<PatchDialect.Step> own = new ArrayList<>();
    List<ScimGroups.MemberStep> members = new ArrayList<>();
    for (PatchDialect.Step step : new PatchDialect(type, limits.operationsMax()).read(request)) {
      if (step.attribute().equalsIgnoreCase("members")) {
        members.add(memberSteps.of(step));
      } else {
        own.add(step);
      }
    }
    return done(
        groups.change(
            provider,
            id,
            stored -> {
              precondition.check(stored.version());
              return new ScimGroups.Edit(edited(stored, own), members);
            }),
        id);
  }

  private Optional<ScimGroups.Content> edited(
      ScimGroups.Stored stored, List<PatchDialect.Step> steps) {
    if (steps.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode resource = ScimJson.stored(stored.resource());
    Patching.apply(type, resource, steps);
    return Optional.of(content(resource));
  }

  void delete(String id, Precondition precondition) {
    boolean deleted =
        groups.delete(
            provider,
            id,
            stored -> {
              precondition.check(stored.version());
              return true;
            });
    if (!deleted) {
      throw ScimRefusal.notFound("group", id);
    }
  }

  private static ScimGroups.Stored done(ScimGroups.Outcome outcome, String id) {
    return switch (outcome) {
      case ScimGroups.Outcome.Done(ScimGroups.Stored group) -> group;
      case ScimGroups.Outcome.NameTaken(String name) ->
          throw ScimRefusal.taken("displayName", name);
      case ScimGroups.Outcome.Missing() -> throw ScimRefusal.notFound("group", id);
      case ScimGroups.Outcome.NoSuchMembers(List<String> ids) ->
          throw ScimRefusal.invalid(
              "invalidValue",
              "%d of the members are no users of this provider, the first is %s; nothing was changed"
                  .formatted(ids.size(), Text.shown(ids.getFirst())));
    };
  }

  ObjectNode list(ScimQuery query) {
    Filters<ScimGroups.Match> filters =
        Filters.of(
            query.filter().map(GroupService::byMemberValue),
            new ScimGroups.Match.Every(),
            GroupService::index);
    boolean withMembers =
        query.shows("members")
            || (filters.remaining().isPresent() && query.filterText().contains("members"));
    return new Listing<ScimGroups.Stored>(type, limits)
        .answer(
            query,
            new Listing.Source<>() {
              @Override
              public List<ScimGroups.Stored> page(String after, int skip, int max) {
                return groups.list(provider, filters.match(), after, skip, max);
              }

              @Override
              public int count() {
                return groups.count(provider, filters.match());
              }

              @Override
              public String id(ScimGroups.Stored stored) {
                return stored.id();
              }

              @Override
              public ObjectNode resource(ScimGroups.Stored stored) {
                return GroupService.this.resource(stored, withMembers);
              }
            },
            filters.remaining());
  }

  /** Entra ID asks for members eq "id" and means the value. */
  private static Filter byMemberValue(Filter filter) {
    return switch (filter.getFilterType()) {
      case AND -> Filter.and(parts(filter));
      case OR -> Filter.or(parts(filter));
      case NOT -> Filter.not(byMemberValue(Known.inverted(filter)));
      case EQUAL -> {
        Path path = Known.path(filter);
        yield path.size() == 1 && path.getElement(0).getAttribute().equalsIgnoreCase("members")
            ? Filter.eq(path.attribute("value"), Known.value(filter))
            : filter;
      }
      default -> filter;
    };
  }

  private static List<Filter> parts(Filter filter) {
    return Known.parts(filter).stream().map(GroupService::byMemberValue).toList();
  }

  private static Optional<Filters.Exact<ScimGroups.Match>> index(String attribute, String value) {
    ScimGroups.Match match =
        switch (attribute) {
          case "displayname" -> new ScimGroups.Match.DisplayName(value);
          case "externalid" -> new ScimGroups.Match.ExternalId(value);
          case "id" -> new ScimGroups.Match.Id(value);
          case "members.value" -> new ScimGroups.Match.MemberOf(value);
          case String other -> new ScimGroups.Match.Every();
        };
    return match instanceof ScimGroups.Match.Every
        ? Optional.empty()
        : Optional.of(new Filters.Exact<>(match, true));
  }

  /** A group for the client. */
  ObjectNode resource(ScimGroups.Stored stored, boolean withMembers) {
    ObjectNode resource = ScimJson.stored(stored.resource());
    resource.put("id", stored.id());
    if (withMembers) {
      ArrayNode list = ScimJson.array();
      for (ScimGroups.Member each : groups.members(stored.id())) {
        ObjectNode member = ScimJson.object();
        member.put("value", each.userId());
        member.put("display", each.userName());
        member.put("$ref", base + "/Users/" + each.userId());
        member.put("type", "User");
        list.add(member);
      }
      resource.set("members", list);
    }
    resource.set(
        "meta",
        ScimJson.meta(
            "Group",
            stored.createdAt(),
            stored.modifiedAt(),
            base + "/Groups/" + stored.id(),
            stored.version()));
    return resource;
  }

  ObjectNode shown(ScimGroups.Stored stored, ScimQuery query) {
    return query.trim(type, resource(stored, query.shows("members")));
  }

  private ScimGroups.Content content(ObjectNode sent) {
    ObjectNode withoutMembers = sent.deepCopy();
    withoutMembers.remove("members");
    JsonNode id = withoutMembers.get("externalId");
    ObjectNode checked = ScimTypes.checked(type, withoutMembers);
    String name =
        Text.of(checked, "displayName")
            .orElseThrow(() -> ScimRefusal.invalid("invalidValue", "displayName is missing"));
    Text.name("displayName", name, limits.nameCharactersMax());
    if (id != null && id.isTextual()) {
      Text.name("externalId", id.textValue(), limits.nameCharactersMax());
    }
    String resource = checked.toString();
    if (resource.length() > limits.resourceCharactersMax()) {
      throw ScimRefusal.tooLarge("the group is too large, members apart");
    }
    return new ScimGroups.Content(name, Text.of(checked, "externalId"), resource);
  }
}

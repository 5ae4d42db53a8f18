-- The whole policy: traits of applications, application groups, trusted networks,
-- session and forwarding rules, conditions, modes, counts; and what brokers need to read only what
-- changed: applications, rules and groups carry the version at which they changed last, with all
-- that belongs to them, and configuration_gone remembers those that are no more.

alter table application
  add column labels      text[] not null default '{}',
  add column matching    text not null default 'exclusive',
  add column health      text not null default 'continuous',
  add column exists_for  text[] not null default '{client,browser,workload}',
  add column bypass      text not null default 'never',
  add column row_version bigint not null default 0,
  add constraint application_matching_is_known check (matching in ('exclusive', 'inclusive')),
  add constraint application_health_is_known check (health in ('continuous', 'on-access', 'none')),
  add constraint application_exists_for_someone
    check (exists_for <> '{}' and exists_for <@ array['client', 'browser', 'workload']),
  add constraint application_bypass_is_known
    check (bypass in ('never', 'always', 'on-trusted-network'));
create index application_by_row_version on application (row_version);

create table application_group (
  name         text primary key,
  applications text[] not null default '{}',
  constraint application_group_name_fits check (length(name) between 1 and 63)
);
comment on table application_group is
  'Applications that rules speak of together. References are checked when a document is applied.';

create table trusted_network (
  name    text primary key,
  sources text[] not null default '{}',
  constraint trusted_network_name_fits check (length(name) between 1 and 63)
);

alter table user_group add column row_version bigint not null default 0;
create index user_group_by_row_version on user_group (row_version);

alter table access_rule
  drop constraint access_rule_action_is_known,
  drop constraint access_rule_position_is_taken_once,
  alter column action drop not null,
  alter column position type bigint,
  add column kind               text not null default 'access',
  add column any_application    boolean not null default false,
  add column application_groups text[] not null default '{}',
  add column labels             text[] not null default '{}',
  add column workloads          text[] not null default '{}',
  add column mode               text not null default 'enforce',
  add column mode_percent       integer,
  add column mode_group         text,
  add column message            text not null default '',
  add column steering           text[] not null default '{}',
  add column expires_at         timestamptz,
  add column step_up_methods    text[] not null default '{}',
  add column step_up_contexts   text[] not null default '{}',
  add column age_max_seconds    bigint not null default 0,
  add column idle_max_seconds   bigint not null default 0,
  add column forwarding         text,
  add column row_version        bigint not null default 0,
  add constraint access_rule_kind_is_known check (
    case kind
      when 'access' then action in ('allow', 'deny', 'step-up', 'require-approval') and forwarding is null
      when 'session' then action is null and forwarding is null
      when 'forwarding' then action is null and forwarding in ('intercept', 'intercept-allowed', 'bypass')
      else false
    end),
  add constraint access_rule_mode_is_known check (
    case mode
      when 'percent' then mode_percent between 1 and 99 and mode_group is null
      when 'group' then mode_percent is null and mode_group is not null
      else mode in ('off', 'report-only', 'enforce') and mode_percent is null and mode_group is null
    end),
  add constraint access_rule_times_are_not_negative check (age_max_seconds >= 0 and idle_max_seconds >= 0),
  -- Deferred, so that rules can be reordered in one transaction.
  add constraint access_rule_position_is_taken_once unique (kind, position) deferrable initially deferred;
create index access_rule_by_row_version on access_rule (row_version);
comment on table access_rule is
  'Rules of three kinds, each asked in the order of position; the first that matches decides. Positions have gaps, so that a new rule moves no other.';
comment on column access_rule.age_max_seconds is
  'How old a sign-in may be: for a session rule, and for a rule that asks for a step-up; 0: any age.';

create table access_rule_condition (
  access_rule text not null,
  position    integer not null,
  negated     boolean not null,
  operand     text not null,
  name        text not null default '',
  vals        text[] not null,
  primary key (access_rule, position),
  constraint access_rule_condition_belongs_to_rule
    foreign key (access_rule) references access_rule (name) on delete cascade
);
comment on table access_rule_condition is 'In the words of the configuration; name: of an attribute.';

create table rule_count (
  rule     text primary key,
  hits     bigint not null default 0,
  reports  bigint not null default 0,
  changes  bigint not null default 0,
  last_hit timestamptz
);
comment on table rule_count is
  'What each rule did, added up by all brokers. No foreign key and no version: counting is not a change of policy.';

create table configuration_gone (
  kind        text not null,
  name        text not null,
  row_version bigint not null,
  primary key (kind, name)
);
create index configuration_gone_by_row_version on configuration_gone (row_version);

-- Rows that carry their version.

create function configuration_row_changed() returns trigger language plpgsql as $$
begin
  new.row_version := policy_bump('configuration');
  return new;
end
$$;

create function configuration_rows_gone() returns trigger language plpgsql as $$
begin
  insert into configuration_gone (kind, name, row_version)
    select tg_table_name, name, policy_bump('configuration') from old_rows
    on conflict (kind, name) do update set row_version = excluded.row_version;
  return null;
end
$$;

-- A reader of new rows would not notice that a person or machine is gone: it is told to read them all.
create or replace function identity_rows_deleted() returns trigger language plpgsql as $$
begin
  if exists (select from old_rows) then
    perform policy_bump('configuration');
    insert into configuration_gone (kind, name, row_version)
      values ('people', '', policy_bump('identity'))
      on conflict (kind, name) do update set row_version = excluded.row_version;
  end if;
  return null;
end
$$;

-- A change of what belongs to a row is a change of the row. tg_argv: the row's table, and the column that names it.
create function configuration_part_changed() returns trigger language plpgsql as $$
begin
  execute format(
    'update %1$I set row_version = 0 from (select distinct %2$I as name from %3$I) parts, policy_version v'
    ' where %1$I.name = parts.name and %1$I.row_version <> v.version',
    tg_argv[0], tg_argv[1], case tg_op when 'DELETE' then 'old_rows' else 'new_rows' end);
  return null;
end
$$;

do $$
declare
  t text;
  part text[];
begin
  foreach t in array array['application', 'access_rule', 'user_group'] loop
    execute format('create trigger row_on_insert before insert on %I for each row execute function configuration_row_changed()', t);
    execute format('create trigger row_on_update before update on %I for each row when (old.* is distinct from new.*) execute function configuration_row_changed()', t);
    execute format('create trigger row_on_delete after delete on %I referencing old table as old_rows for each statement execute function configuration_rows_gone()', t);
  end loop;
  foreach part slice 1 in array array[
      ['application_host', 'application', 'application'],
      ['application_port', 'application', 'application'],
      ['application_connector_group', 'application', 'application'],
      ['access_rule_application', 'access_rule', 'access_rule'],
      ['access_rule_group', 'access_rule', 'access_rule'],
      ['access_rule_user', 'access_rule', 'access_rule'],
      ['access_rule_condition', 'access_rule', 'access_rule'],
      ['user_group_member', 'user_group', 'user_group']] loop
    execute format('create trigger part_on_insert after insert on %I referencing new table as new_rows for each statement execute function configuration_part_changed(%L, %L)', part[1], part[2], part[3]);
    execute format('create trigger part_on_update after update on %I referencing new table as new_rows for each statement execute function configuration_part_changed(%L, %L)', part[1], part[2], part[3]);
    execute format('create trigger part_on_delete after delete on %I referencing old table as old_rows for each statement execute function configuration_part_changed(%L, %L)', part[1], part[2], part[3]);
  end loop;
  foreach t in array array['application_group', 'trusted_network', 'access_rule_condition'] loop
    execute format('create trigger policy_on_insert after insert on %I referencing new table as new_rows for each statement execute function configuration_rows_inserted()', t);
    execute format('create trigger policy_on_update after update on %I referencing old table as old_rows new table as new_rows for each statement execute function configuration_rows_updated()', t);
    execute format('create trigger policy_on_delete after delete on %I referencing old table as old_rows for each statement execute function configuration_rows_deleted()', t);
  end loop;
end
$$;

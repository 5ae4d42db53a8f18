-- The schema of a Postern deployment.
--
--   configuration (an administrator's, replaced by `postern admin apply`)
--     domain   connector_group --< application_connector_group >-- application --< application_host
--                                                                      |      \--< application_port
--     user_group --< user_group_member                                 |
--          \--< access_rule_group >-- access_rule --< access_rule_application
--                                         \--< access_rule_user
--     identity_provider
--
--   people and machines (states; rows are never deleted while something may name them)
--     app_user --< device --< session          connector_group ..< connector
--
--   secrets and coordination
--     sign_in   provisioning_key   sealed_material   admin_token   broker
--
-- Everything that decisions depend on moves policy_version, in the transaction that changes it; the
-- triggers at the end see to that, whoever writes. The lock on that one row makes version order and
-- commit order the same: who has read version N has seen every change up to N.
--
-- References between kinds of the configuration are checked at commit, so that one transaction can
-- replace a thing that others name.
--
-- Names in the configuration are keys: a renamed application is another application. People, devices
-- and connectors have opaque ids.

------------------------------------------------------------------------------------------------
-- The version

create table policy_version (
  only_one_row          boolean primary key default true,
  version               bigint not null,
  configuration_version bigint not null,
  identity_version      bigint not null,
  bumped_in             xid8,
  constraint policy_version_has_one_row check (only_one_row),
  constraint policy_version_parts_are_not_ahead
    check (configuration_version <= version and identity_version <= version)
);
comment on table policy_version is
  'One row. version grows with every change that decisions depend on; the parts say which kind of tables changed last.';
comment on column policy_version.bumped_in is
  'The transaction that moved the version last, so that one transaction moves it once.';

insert into policy_version (version, configuration_version, identity_version) values (1, 1, 1);

create function policy_bump(kind text) returns bigint language plpgsql as $$
declare
  moved bigint;
begin
  -- Most statements of a large transaction find the work done.
  select version into moved from policy_version
   where bumped_in = pg_current_xact_id()
     and version = case kind when 'configuration' then configuration_version else identity_version end;
  if found then
    return moved;
  end if;
  update policy_version
     set version = version + (bumped_in is distinct from pg_current_xact_id())::int,
         bumped_in = pg_current_xact_id()
  returning version into moved;
  if kind = 'configuration' then
    update policy_version set configuration_version = moved;
  else
    update policy_version set identity_version = moved;
  end if;
  perform pg_notify('postern_policy', moved::text);
  return moved;
end
$$;
comment on function policy_bump is
  'Moves the version, at most once in a transaction, tells the listeners at commit, and returns it.';

------------------------------------------------------------------------------------------------
-- Configuration

create table domain (
  name text primary key,
  constraint domain_name_is_lower_case check (name = lower(name) and name <> '')
);
comment on table domain is 'DNS suffixes that are ours: all names below are asked at the broker.';

create table connector_group (
  name text primary key,
  constraint connector_group_name_fits check (length(name) between 1 and 63)
);
comment on table connector_group is 'App connectors that reach the same network and are interchangeable.';

create table application (
  name                 text primary key,
  idle_timeout_seconds integer not null default 0,
  age_max_seconds      integer not null default 0,
  allow_loopback       boolean not null default false,
  allow_link_local     boolean not null default false,
  lane_per_flow        boolean not null default false,
  constraint application_name_fits check (length(name) between 1 and 63),
  constraint application_timeouts_are_not_negative
    check (idle_timeout_seconds >= 0 and age_max_seconds >= 0)
);
comment on table application is 'Names or addresses with ports that policy speaks of as one thing.';

create table application_host (
  application text not null,
  pattern     text not null,
  primary key (application, pattern),
  constraint application_host_belongs_to_application
    foreign key (application) references application (name) on delete cascade
);
comment on table application_host is 'Exact names, *.suffix wildcards and CIDR ranges, in canonical text.';

create table application_port (
  application text not null,
  transport   text not null,
  low         integer not null,
  high        integer not null,
  primary key (application, transport, low),
  constraint application_port_transport_is_known check (transport in ('tcp', 'udp')),
  constraint application_port_range_is_possible check (1 <= low and low <= high and high <= 65535),
  constraint application_port_belongs_to_application
    foreign key (application) references application (name) on delete cascade
);

create table application_connector_group (
  application     text not null,
  connector_group text not null,
  primary key (application, connector_group),
  constraint application_connector_group_belongs_to_application
    foreign key (application) references application (name) on delete cascade,
  constraint application_is_served_by_known_connector_group
    foreign key (connector_group) references connector_group (name)
    deferrable initially deferred
);
create index application_connector_group_by_group on application_connector_group (connector_group);

create table user_group (
  name text primary key,
  constraint user_group_name_fits check (length(name) between 1 and 127)
);
comment on table user_group is
  'Groups that rules may name. Members are those listed here and those whose identity provider claims the same name.';

create table user_group_member (
  user_group text not null,
  email      text not null,
  primary key (user_group, email),
  constraint user_group_member_email_is_lower_case check (email = lower(email)),
  constraint user_group_member_belongs_to_group
    foreign key (user_group) references user_group (name) on delete cascade
);

create table access_rule (
  name     text primary key,
  position integer not null,
  action   text not null,
  anyone   boolean not null default false,
  constraint access_rule_name_fits check (length(name) between 1 and 63),
  constraint access_rule_action_is_known check (action in ('allow', 'deny')),
  -- Deferred, so that rules can be reordered in one transaction.
  constraint access_rule_position_is_taken_once unique (position) deferrable initially deferred
);
comment on table access_rule is 'Asked in the order of position; the first that matches decides; none: deny.';

create table access_rule_application (
  access_rule text not null,
  application text not null,
  primary key (access_rule, application),
  constraint access_rule_application_belongs_to_rule
    foreign key (access_rule) references access_rule (name) on delete cascade,
  -- No cascade: a rule that silently lost its application would change its meaning.
  constraint access_rule_names_known_application
    foreign key (application) references application (name)
    deferrable initially deferred
);
create index access_rule_application_by_application on access_rule_application (application);

create table access_rule_group (
  access_rule text not null,
  user_group  text not null,
  primary key (access_rule, user_group),
  constraint access_rule_group_belongs_to_rule
    foreign key (access_rule) references access_rule (name) on delete cascade,
  constraint access_rule_names_known_group
    foreign key (user_group) references user_group (name)
    deferrable initially deferred
);
create index access_rule_group_by_group on access_rule_group (user_group);

create table access_rule_user (
  access_rule text not null,
  email       text not null,
  primary key (access_rule, email),
  constraint access_rule_user_email_is_lower_case check (email = lower(email)),
  constraint access_rule_user_belongs_to_rule
    foreign key (access_rule) references access_rule (name) on delete cascade
);

create table identity_provider (
  name            text primary key,
  issuer          text not null,
  client_id       text not null,
  secret_kind     text not null,
  secret_location text,
  secret_sealed   bytea,
  groups_claim    text not null,
  domains         text[] not null default '{}',
  allow_plain_http boolean not null default false,
  constraint identity_provider_name_fits check (length(name) between 1 and 63),
  constraint identity_provider_secret_is_where_its_kind_says check (
    case secret_kind
      when 'none' then secret_location is null and secret_sealed is null
      when 'sealed' then secret_location is null and secret_sealed is not null
      when 'file' then secret_location is not null and secret_sealed is null
      when 'environment' then secret_location is not null and secret_sealed is null
      else false
    end)
);
comment on column identity_provider.secret_sealed is
  'The client secret under the deployment''s sealing key; useless without it.';

create table configuration_change (
  id         bigint generated always as identity primary key,
  version    bigint not null,
  changed_at timestamptz not null,
  author     text not null,
  changes    text[] not null
);
comment on table configuration_change is 'Who applied what, one row per apply that changed something.';

------------------------------------------------------------------------------------------------
-- People and machines

create table app_user (
  id              text primary key,
  provider        text not null,
  subject         text not null,
  email           text not null,
  name            text not null,
  disabled        boolean not null default false,
  provider_groups text[] not null default '{}',
  created_at      timestamptz not null,
  row_version     bigint not null default 0,
  constraint app_user_is_one_subject_of_one_provider unique (provider, subject),
  constraint app_user_subject_is_not_empty check (subject <> ''),
  constraint app_user_email_is_lower_case check (email = lower(email))
);
comment on table app_user is
  'A person, keyed by (provider, subject). The e-mail address is an attribute: it may change or move.';
comment on column app_user.provider is
  'No foreign key: people outlive a provider that is taken out of the configuration, and lose their sessions.';
create index app_user_by_row_version on app_user (row_version);

create table device (
  id              text primary key,
  user_id         text not null,
  name            text not null,
  platform        text not null,
  key_fingerprint text not null,
  state           text not null default 'registered',
  created_at      timestamptz not null,
  row_version     bigint not null default 0,
  constraint device_state_is_known check (state in ('registered', 'quarantined', 'removed')),
  constraint device_belongs_to_user foreign key (user_id) references app_user (id),
  constraint device_and_user_go_together unique (id, user_id)
);
create unique index device_key_is_used_by_one_device on device (key_fingerprint) where state <> 'removed';
create index device_by_user on device (user_id);
create index device_by_row_version on device (row_version);

create table device_seen (
  device_id text primary key,
  seen_at   timestamptz not null,
  constraint device_seen_belongs_to_device foreign key (device_id) references device (id)
);
comment on table device_seen is 'Apart from device, so that being seen is not a change of policy.';

create table session (
  id               text primary key,
  user_id          text not null,
  device_id        text not null,
  provider         text not null,
  authenticated_at timestamptz not null,
  expires_at       timestamptz not null,
  revoked_at       timestamptz,
  revoked_because  text,
  row_version      bigint not null default 0,
  constraint session_ends_after_it_begins check (expires_at > authenticated_at),
  constraint session_is_revoked_for_a_reason check ((revoked_at is null) = (revoked_because is null)),
  constraint session_is_on_a_device_of_its_user
    foreign key (device_id, user_id) references device (id, user_id)
);
comment on table session is 'A signed-in user on a device.';
create unique index session_is_the_only_live_one_of_its_device on session (device_id) where revoked_at is null;
create index session_by_user on session (user_id);
create index session_newest_of_device on session (device_id, authenticated_at desc);
create index session_by_expiry on session (expires_at);
create index session_by_row_version on session (row_version);

create table connector (
  id              text primary key,
  connector_group text not null,
  name            text not null,
  key_fingerprint text not null,
  host_name       text not null,
  platform        text not null,
  state           text not null default 'enrolled',
  created_at      timestamptz not null,
  row_version     bigint not null default 0,
  constraint connector_state_is_known check (state in ('enrolled', 'revoked'))
);
comment on column connector.connector_group is
  'No foreign key: a group that is taken out of the configuration does not take its connectors'' history with it; without the group they are refused.';
create unique index connector_key_is_used_by_one_connector on connector (key_fingerprint) where state <> 'revoked';
create index connector_by_group on connector (connector_group);
create index connector_by_row_version on connector (row_version);

create table connector_seen (
  connector_id text primary key,
  seen_at      timestamptz not null,
  constraint connector_seen_belongs_to_connector foreign key (connector_id) references connector (id)
);

------------------------------------------------------------------------------------------------
-- Secrets and coordination. Nothing here moves the policy version.

create table sign_in (
  state_hash      bytea primary key,
  provider        text not null,
  nonce           text not null,
  code_verifier   text not null,
  device_redirect text not null,
  device_state    text not null,
  code_challenge  text not null,
  device_name     text not null,
  expires_at      timestamptz not null,
  completed_at    timestamptz,
  user_id         text,
  code_hash       bytea,
  code_expires_at timestamptz,
  redeemed_at     timestamptz,
  constraint sign_in_code_has_an_expiry check ((code_hash is null) = (code_expires_at is null)),
  constraint sign_in_code_belongs_to_a_user check (code_hash is null or user_id is not null),
  constraint sign_in_code_is_unique unique (code_hash),
  constraint sign_in_is_of_user foreign key (user_id) references app_user (id)
);
comment on table sign_in is
  'A browser''s way to the identity provider and back. Each step is one conditional update, so each can happen once.';
comment on column sign_in.state_hash is 'SHA-256 of the state parameter that the browser carries.';
comment on column sign_in.code_challenge is 'The device''s own S256 challenge: only it can redeem the code.';
create index sign_in_by_expiry on sign_in (expires_at);

create table provisioning_key (
  id              text primary key,
  key_hash        bytea not null,
  connector_group text not null,
  uses_max        integer not null,
  uses            integer not null default 0,
  expires_at      timestamptz not null,
  allowed_cidrs   cidr[] not null default '{}',
  created_at      timestamptz not null,
  created_by      text not null,
  revoked_at      timestamptz,
  constraint provisioning_key_is_unique unique (key_hash),
  constraint provisioning_key_is_not_overused check (uses between 0 and uses_max),
  constraint provisioning_key_has_uses check (uses_max > 0)
);
comment on column provisioning_key.key_hash is 'SHA-256 of a key with 256 bits of entropy.';
comment on column provisioning_key.allowed_cidrs is 'From where it may be used; empty: from anywhere.';

create table sealed_material (
  name       text primary key,
  sealed     bytea not null,
  created_at timestamptz not null
);
comment on table sealed_material is 'The certificate authority, sealed with a key that is not in this database.';

create table admin_token (
  id           text primary key,
  token_hash   bytea not null,
  name         text not null,
  created_at   timestamptz not null,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  constraint admin_token_is_unique unique (token_hash)
);

create table broker (
  id            text primary key,
  instance      bytea not null,
  address       text not null,
  started_at    timestamptz not null,
  lease_until   timestamptz not null
);
comment on table broker is 'One lease row per running broker; what is linked to it is soft state and not written here.';

------------------------------------------------------------------------------------------------
-- Triggers

-- Identity tables: each row carries the version at which it changed last, so that a broker reads only
-- what is new to it. A row that stays the same moves nothing.
create function identity_row_changed() returns trigger language plpgsql as $$
begin
  new.row_version := policy_bump('identity');
  return new;
end
$$;

create function identity_rows_deleted() returns trigger language plpgsql as $$
begin
  -- A reader of new rows would not notice: make it read everything.
  if exists (select from old_rows) then
    perform policy_bump('configuration');
    perform policy_bump('identity');
  end if;
  return null;
end
$$;

create function configuration_rows_inserted() returns trigger language plpgsql as $$
begin
  if exists (select from new_rows) then perform policy_bump('configuration'); end if;
  return null;
end
$$;

create function configuration_rows_updated() returns trigger language plpgsql as $$
begin
  if exists (table new_rows except table old_rows) then perform policy_bump('configuration'); end if;
  return null;
end
$$;

create function configuration_rows_deleted() returns trigger language plpgsql as $$
begin
  if exists (select from old_rows) then perform policy_bump('configuration'); end if;
  return null;
end
$$;

do $$
declare
  t text;
begin
  foreach t in array array['app_user', 'device', 'session', 'connector'] loop
    execute format('create trigger policy_on_insert before insert on %I for each row execute function identity_row_changed()', t);
    execute format('create trigger policy_on_update before update on %I for each row when (old.* is distinct from new.*) execute function identity_row_changed()', t);
    execute format('create trigger policy_on_delete after delete on %I referencing old table as old_rows for each statement execute function identity_rows_deleted()', t);
  end loop;
  foreach t in array array['domain', 'connector_group', 'application', 'application_host', 'application_port',
      'application_connector_group', 'user_group', 'user_group_member', 'access_rule', 'access_rule_application',
      'access_rule_group', 'access_rule_user', 'identity_provider'] loop
    execute format('create trigger policy_on_insert after insert on %I referencing new table as new_rows for each statement execute function configuration_rows_inserted()', t);
    execute format('create trigger policy_on_update after update on %I referencing old table as old_rows new table as new_rows for each statement execute function configuration_rows_updated()', t);
    execute format('create trigger policy_on_delete after delete on %I referencing old table as old_rows for each statement execute function configuration_rows_deleted()', t);
  end loop;
end
$$;

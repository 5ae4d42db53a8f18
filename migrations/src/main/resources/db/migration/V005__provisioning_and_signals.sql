-- People as their identity provider provisions them (SCIM 2.0), and what it signals about them
-- (shared signals).
--
--   app_user --- scim_user --< scim_group_member >-- scim_group
--
-- Only app_user moves the policy version: what decisions need of a SCIM resource is copied there, in
-- the transaction that changes the resource.

------------------------------------------------------------------------------------------------
-- People

alter table app_user
  add column inactive        boolean not null default false,
  add column suspended       boolean not null default false,
  add column subject_pending boolean not null default false,
  add column scim_groups     text[] not null default '{}';
comment on column app_user.disabled is 'By an administrator of ours. Independent of inactive and suspended.';
comment on column app_user.inactive is 'By SCIM: active=false, or the resource was deleted.';
comment on column app_user.suspended is 'By a shared signal: account disabled, until enabled or purged.';
comment on column app_user.subject_pending is
  'Provisioned and not signed in yet: subject is a placeholder that no sign-in can match.';
comment on column app_user.scim_groups is
  'Display names of the SCIM groups; beside provider_groups, which the last sign-in claimed.';

create table scim_user (
  user_id       text primary key,
  provider      text not null,
  user_name     text not null,
  user_name_key text not null,
  external_id   text,
  email         text not null,
  active        boolean not null,
  resource      text not null,
  version       bigint not null default 1,
  created_at    timestamptz not null,
  modified_at   timestamptz not null,
  constraint scim_user_is_a_person foreign key (user_id) references app_user (id)
    deferrable initially deferred,
  constraint scim_user_name_is_taken_once unique (provider, user_name_key),
  constraint scim_user_name_is_not_empty check (user_name <> '')
);
comment on table scim_user is 'The resource as the provider keeps it; app_user holds what decisions need.';
comment on column scim_user.user_name_key is 'userName in lower case: it is not case exact (RFC 7643 4.1.1).';
comment on column scim_user.resource is 'JSON without id, meta and groups, which are computed.';
create index scim_user_by_external_id on scim_user (provider, external_id);
create index scim_user_by_email on scim_user (provider, email);
create index scim_user_in_order on scim_user (provider, user_id);

create table scim_group (
  id               text primary key,
  provider         text not null,
  display_name     text not null,
  display_name_key text not null,
  external_id      text,
  resource         text not null,
  version          bigint not null default 1,
  created_at       timestamptz not null,
  modified_at      timestamptz not null,
  constraint scim_group_name_is_taken_once unique (provider, display_name_key),
  constraint scim_group_name_is_not_empty check (display_name <> '')
);
comment on column scim_group.display_name is
  'What rules name. Unique within a provider, or two groups would share their members.';
create index scim_group_by_external_id on scim_group (provider, external_id);
create index scim_group_in_order on scim_group (provider, id);

create table scim_group_member (
  group_id text not null,
  user_id  text not null,
  primary key (group_id, user_id),
  constraint scim_group_member_belongs_to_group
    foreign key (group_id) references scim_group (id) on delete cascade,
  constraint scim_group_member_is_provisioned
    foreign key (user_id) references scim_user (user_id) on delete cascade
);
create index scim_group_member_by_user on scim_group_member (user_id);

create table scim_schema (
  provider text not null,
  urn      text not null,
  document text not null,
  primary key (provider, urn)
);
comment on table scim_schema is 'Extensions of User beyond the enterprise one, as SCIM schema documents.';

create table scim_token (
  id         text primary key,
  provider   text not null,
  token_hash bytea not null,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  constraint scim_token_is_unique unique (token_hash)
);
comment on table scim_token is
  'Several may be good at once, so that a provider can be given a new one before the old one ends.';
create index scim_token_by_provider on scim_token (provider);

create table scim_sync (
  provider        text not null,
  broker          text not null,
  last_request_at timestamptz,
  last_change_at  timestamptz,
  last_error_at   timestamptz,
  last_error      text,
  requests        bigint not null default 0,
  errors          bigint not null default 0,
  primary key (provider, broker)
);
comment on table scim_sync is 'When a provider was heard last; written every few seconds by each broker.';

------------------------------------------------------------------------------------------------
-- Devices: what was issued before a moment is refused

alter table device add column issued_since timestamptz;
comment on column device.issued_since is
  'Certificates of the device that were issued earlier are refused, wherever they turn up.';

------------------------------------------------------------------------------------------------
-- Shared signals (OpenID SSF 1.0, RFC 8417)

create table signal_stream (
  name           text primary key,
  provider       text not null,
  issuer         text not null,
  audience       text not null,
  keys_url       text not null,
  delivery       text not null,
  push_hash      bytea,
  poll_url       text,
  poll_sealed    bytea,
  created_at     timestamptz not null,
  last_event_at  timestamptz,
  last_error_at  timestamptz,
  last_error     text,
  verified_state text,
  verified_at    timestamptz,
  constraint signal_stream_name_fits check (length(name) between 1 and 63),
  constraint signal_stream_has_what_its_delivery_needs check (
    case delivery
      when 'push' then push_hash is not null and poll_url is null and poll_sealed is null
      when 'poll' then push_hash is null and poll_url is not null
      else false
    end)
);
comment on column signal_stream.push_hash is 'SHA-256 of the bearer token that the transmitter shows.';
comment on column signal_stream.poll_sealed is 'The bearer token that we show, under the sealing key.';

create table signal_event (
  stream      text not null,
  jti         text not null,
  received_at timestamptz not null,
  issued_at   timestamptz not null,
  event       text not null,
  subject     text not null,
  outcome     text not null,
  primary key (stream, jti)
);
comment on table signal_event is
  'What was received. The key makes each token count once, at whichever broker it arrives.';
create index signal_event_in_time on signal_event (received_at);

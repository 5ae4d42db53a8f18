-- Identity providers of both kinds, what they say about people, and what signing in leaves behind.

alter table identity_provider
  add column protocol      text not null default 'oidc',
  add column any_domain    boolean not null default false,
  add column audiences     text[] not null default '{users}',
  -- name, source, name, source, ...
  add column attributes    text[] not null default '{}',
  add column saml_metadata_kind text,
  add column saml_metadata text,
  add column saml_entity_id text not null default '',
  add column saml_subject  text not null default '',
  add column saml_email    text not null default '',
  add column saml_display_name text not null default '',
  add column saml_options  text[] not null default '{}',
  add column saml_consumer_urls text[] not null default '{}',
  alter column issuer drop not null,
  alter column client_id drop not null,
  drop constraint identity_provider_secret_is_where_its_kind_says,
  add constraint identity_provider_secret_is_where_its_kind_says check (
    case secret_kind
      when 'none' then secret_location is null and secret_sealed is null
      when 'key' then secret_location is null and secret_sealed is null
      when 'sealed' then secret_location is null and secret_sealed is not null
      when 'file' then secret_location is not null and secret_sealed is null
      when 'environment' then secret_location is not null and secret_sealed is null
      else false
    end),
  add constraint identity_provider_is_whole check (
    case protocol
      when 'oidc' then issuer is not null and client_id is not null and saml_metadata is null
      when 'saml' then issuer is null and client_id is null and secret_kind = 'none'
        and saml_metadata is not null and saml_metadata_kind in ('url', 'file', 'inline')
      else false
    end);

alter table app_user
  -- name, value, name, value, ...: a name with several values comes several times
  add column attributes text[] not null default '{}';
comment on column app_user.attributes is
  'What the provider said at the last sign-in, under the names that its configuration gives.';

alter table session
  add column auth_context     text not null default '',
  add column auth_methods     text[] not null default '{}',
  add column auth_at          timestamptz,
  add column provider_session text not null default '';
comment on column session.provider_session is
  'The provider''s own name for its session (sid, SessionIndex): with it the provider ends the session.';
create index session_of_provider on session (provider, provider_session) where revoked_at is null;

alter table sign_in
  add column auth_context     text not null default '',
  add column auth_methods     text[] not null default '{}',
  add column auth_at          timestamptz,
  add column provider_session text not null default '',
  -- For the device grant (RFC 8628) no browser of the device waits: it asks with this code.
  add column device_code_hash bytea,
  add column user_code        text,
  add column polled_at        timestamptz,
  add column refused          text,
  add constraint sign_in_device_code_is_unique unique (device_code_hash),
  add constraint sign_in_user_code_is_unique unique (user_code),
  add constraint sign_in_codes_go_together check ((device_code_hash is null) = (user_code is null));

create table once_only (
  digest     bytea primary key,
  expires_at timestamptz not null
);
comment on table once_only is
  'What may be shown once at all brokers together (assertions, logout tokens), by its SHA-256, until it would be refused for its age.';
create index once_only_by_expiry on once_only (expires_at);

create table service_key (
  id          text primary key,
  state       text not null,
  certificate bytea not null,
  sealed      bytea not null,
  created_at  timestamptz not null,
  constraint service_key_state_is_known check (state in ('next', 'active', 'previous'))
);
comment on table service_key is
  'With what the broker signs towards identity providers and opens what they encrypt for it. Sealed. During a rotation there are two.';
create unique index service_key_active_is_one on service_key (state) where state = 'active';
create unique index service_key_next_is_one on service_key (state) where state = 'next';

create table provider_note (
  provider   text primary key,
  noted_at   timestamptz not null,
  subject    text not null,
  names      text[] not null,
  samples    text[] not null
);
comment on table provider_note is
  'The last sign-in through a provider: which claims or attributes came, so that the administrator can map them. Overwritten.';

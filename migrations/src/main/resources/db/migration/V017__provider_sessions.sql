-- What an identity provider is asked for, and how long a sign-in there lasts.

alter table identity_provider
  add column scopes text[] not null default '{}',
  add column session_seconds integer not null default 43200,
  add constraint identity_provider_session_has_a_length check (session_seconds > 0);
comment on column identity_provider.scopes is
  'OpenID Connect scopes besides openid; empty: email and profile.';
comment on column identity_provider.session_seconds is
  'How long a device stays signed in whose user signs in here.';

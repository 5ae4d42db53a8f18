-- Administrators: people who may change things, what they prove themselves with, and their sessions.
--
--   administrator --< administrator_passkey, administrator_recovery_code, administrator_device
--   administrator --< administrator_session --- admin_token (V003): what a command line shows instead of a cookie
--   administrator_code      one-time codes: the first administrator, invitations, resets
--   administrator_attempt   failed guesses, by account and network
--   administrator_spent     challenges and codes that were used, until they would have expired anyway

create table administrator (
  id             text primary key,
  name           text not null,
  role           text not null,
  created_at     timestamptz not null,
  created_by     text not null,
  disabled_at    timestamptz,
  password_hash  text,
  totp_sealed    bytea,
  totp_last_step bigint not null default 0,
  constraint administrator_name_is_unique unique (name),
  constraint administrator_name_is_plain check (name ~ '^[a-z0-9][a-z0-9._@+-]{0,63}$'),
  constraint administrator_password_never_comes_alone
    check ((password_hash is null) = (totp_sealed is null))
);
comment on column administrator.role is 'One that is built in, or of admin_role.';
comment on column administrator.password_hash is 'Argon2id with its parameters, as $argon2id$v=19$m=...';
comment on column administrator.totp_sealed is 'The secret of RFC 6238 under the sealing key.';
comment on column administrator.totp_last_step is 'A code of this time step or an earlier one is refused: it was seen.';

create table administrator_passkey (
  id               text primary key,
  credential_id    bytea not null,
  administrator_id text not null,
  name             text not null,
  attested         bytea not null,
  sign_count       bigint not null,
  created_at       timestamptz not null,
  last_used_at     timestamptz,
  constraint administrator_passkey_credential_is_unique unique (credential_id),
  constraint administrator_passkey_is_of_administrator
    foreign key (administrator_id) references administrator (id) on delete cascade
);
comment on column administrator_passkey.attested is 'Attested credential data of WebAuthn: id and public key.';
create index administrator_passkey_by_administrator on administrator_passkey (administrator_id);

create table administrator_recovery_code (
  administrator_id text not null,
  code_hash        bytea not null,
  used_at          timestamptz,
  primary key (administrator_id, code_hash),
  constraint administrator_recovery_code_is_of_administrator
    foreign key (administrator_id) references administrator (id) on delete cascade
);

create table administrator_device (
  device_hash      bytea primary key,
  administrator_id text not null,
  created_at       timestamptz not null,
  last_used_at     timestamptz not null,
  constraint administrator_device_is_of_administrator
    foreign key (administrator_id) references administrator (id) on delete cascade
);
comment on table administrator_device is
  'Browsers from which somebody signed in before. What strangers guess elsewhere never delays them.';
create index administrator_device_by_administrator on administrator_device (administrator_id, last_used_at);

create table administrator_session (
  id               text primary key,
  secret_hash      bytea not null,
  administrator_id text not null,
  kind             text not null,
  method           text not null,
  token_id         text,
  created_at       timestamptz not null,
  last_seen_at     timestamptz not null,
  expires_at       timestamptz not null,
  ended_at         timestamptz,
  from_address     text not null,
  agent            text not null,
  constraint administrator_session_secret_is_unique unique (secret_hash),
  constraint administrator_session_kind_is_known check (kind in ('browser', 'command-line')),
  constraint administrator_session_has_token check ((kind = 'command-line') = (token_id is not null)),
  constraint administrator_session_is_of_administrator
    foreign key (administrator_id) references administrator (id) on delete cascade,
  constraint administrator_session_token_exists foreign key (token_id) references admin_token (id)
);
create index administrator_session_by_administrator on administrator_session (administrator_id, created_at);

create table administrator_code (
  id               text primary key,
  code_hash        bytea not null,
  kind             text not null,
  name             text not null,
  role             text not null,
  administrator_id text,
  created_by       text not null,
  created_at       timestamptz not null,
  expires_at       timestamptz not null,
  used_at          timestamptz,
  constraint administrator_code_is_unique unique (code_hash),
  constraint administrator_code_kind_is_known check (kind in ('first', 'invite', 'reset')),
  constraint administrator_code_of_reset_names_somebody
    check ((kind = 'reset') = (administrator_id is not null)),
  constraint administrator_code_is_of_administrator
    foreign key (administrator_id) references administrator (id) on delete cascade
);

create table administrator_attempt (
  key        bytea primary key,
  failures   integer not null,
  not_before timestamptz not null,
  last_at    timestamptz not null
);
comment on table administrator_attempt is
  'key: SHA-256 of the name that was typed, known or not, with the network or the device it came from.';
create index administrator_attempt_by_time on administrator_attempt (last_at);

create table administrator_spent (
  hash       bytea primary key,
  expires_at timestamptz not null
);
create index administrator_spent_by_expiry on administrator_spent (expires_at);

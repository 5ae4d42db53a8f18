-- Administration: who did what, who may do what, what the configuration was, and decisions by their id.
--
--   audit_event   one row per event, each bound to the one before by a keyed hash; audit_head is the end
--   admin_role ..< admin_token, api_client --< api_access_token
--   configuration_change (V001) keeps the whole document of each version now
--   pending_change   waits for a second person        idempotent_reply   the answer to a repeated request
--   access_request --< access_approval                decision_record    decisions by their id

------------------------------------------------------------------------------------------------
-- Audit

create table audit_event (
  seq           bigint primary key,
  at            timestamptz not null,
  actor_kind    text not null,
  actor_id      text not null,
  actor_name    text not null,
  action        text not null,
  object_kind   text not null,
  object_name   text not null,
  outcome       text not null,
  before_fields text not null,
  after_fields  text not null,
  detail        text not null,
  request_id    text not null,
  from_address  text not null,
  previous      bytea not null,
  hash          bytea not null,
  constraint audit_event_outcome_is_known check (outcome in ('done', 'refused', 'failed')),
  constraint audit_event_hash_is_sha256 check (length(hash) = 32 and length(previous) = 32)
);
comment on table audit_event is
  'Append-only. hash = HMAC-SHA256 over previous and the row, with a key that is sealed: whoever holds only the database can neither change a row nor make one up.';
comment on column audit_event.before_fields is
  'JSON object of texts. Values of fields that are not classified as public are masked before they come here.';
create index audit_event_by_object on audit_event (object_kind, object_name, seq);
create index audit_event_by_actor on audit_event (actor_name, seq);
create index audit_event_by_time on audit_event (at);

create table audit_head (
  only_one_row boolean primary key default true,
  seq          bigint not null,
  hash         bytea not null,
  constraint audit_head_has_one_row check (only_one_row)
);
comment on table audit_head is
  'The last event. Who appends locks this row, so that the chain is one line with any number of brokers.';
insert into audit_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'));

create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'table % is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_event_is_append_only before update or delete on audit_event
  for each row execute function audit_refuse();
create trigger audit_event_is_not_truncated before truncate on audit_event
  for each statement execute function audit_refuse();
create trigger audit_head_stays before delete on audit_head
  for each row execute function audit_refuse();
create trigger audit_head_is_not_truncated before truncate on audit_head
  for each statement execute function audit_refuse();

create function audit_head_moves_forward() returns trigger language plpgsql as $$
begin
  if new.seq <= old.seq then
    raise exception 'the audit log only grows' using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger audit_head_only_grows before update on audit_head
  for each row execute function audit_head_moves_forward();

------------------------------------------------------------------------------------------------
-- History of the configuration

alter table configuration_change
  add column configuration_version bigint,
  add column document text,
  add column message text not null default '',
  add column request_id text not null default '';
comment on column configuration_change.document is
  'The whole configuration after the change, in canonical YAML, for rollback. Old ones are emptied past a limit; secrets are never in it.';
create unique index configuration_change_by_version on configuration_change (configuration_version);

------------------------------------------------------------------------------------------------
-- Administrators

create table admin_role (
  name        text primary key,
  description text not null default '',
  permissions text[] not null,
  labels      text[] not null default '{}',
  created_at  timestamptz not null,
  constraint admin_role_name_fits check (length(name) between 1 and 63)
);
comment on table admin_role is 'Own roles; the built-in ones are in the program.';
comment on column admin_role.labels is
  'key=value each. A role with labels reaches only applications that bear all of them, and rules about such applications alone.';

alter table admin_token add column role text not null default 'owner';
comment on column admin_token.name is
  'Whose token it is. Two tokens of one name are one person: they do not make four eyes.';

create table api_client (
  id           text primary key,
  name         text not null,
  secret_hash  bytea not null,
  role         text not null,
  created_at   timestamptz not null,
  created_by   text not null,
  expires_at   timestamptz not null,
  revoked_at   timestamptz,
  constraint api_client_name_fits check (length(name) between 1 and 63)
);
create unique index api_client_name_is_used_once on api_client (name) where revoked_at is null;

create table api_access_token (
  token_hash bytea primary key,
  client_id  text not null,
  scopes     text[] not null,
  expires_at timestamptz not null,
  constraint api_access_token_is_of_client foreign key (client_id) references api_client (id)
);
comment on column api_access_token.scopes is 'Permissions asked for; empty: all of the client''s role.';
create index api_access_token_by_expiry on api_access_token (expires_at);

create table admin_setting (
  name  text primary key,
  value text not null
);

create table pending_change (
  id            text primary key,
  document      text not null,
  changes       text[] not null,
  base_version  bigint not null,
  author        text not null,
  message       text not null,
  created_at    timestamptz not null,
  expires_at    timestamptz not null,
  state         text not null default 'waiting',
  decided_by    text,
  decided_at    timestamptz,
  constraint pending_change_state_is_known check (state in ('waiting', 'approved', 'refused')),
  constraint pending_change_needs_a_second_person
    check (state <> 'approved' or decided_by is distinct from author)
);
create index pending_change_by_expiry on pending_change (expires_at);

create table idempotent_reply (
  principal    text not null,
  key          text not null,
  request_hash bytea not null,
  started_at   timestamptz not null,
  status       integer,
  sealed       bytea,
  primary key (principal, key)
);
comment on column idempotent_reply.sealed is
  'The answer under the sealing key: it may show a secret once, as the first answer did.';
create index idempotent_reply_by_age on idempotent_reply (started_at);

------------------------------------------------------------------------------------------------
-- Approvals and decisions

create table access_request (
  id          text primary key,
  user_id     text not null,
  device_id   text not null,
  application text not null,
  reason      text not null,
  seconds     bigint not null,
  created_at  timestamptz not null,
  state       text not null default 'waiting',
  decided_by  text,
  decided_at  timestamptz,
  note        text not null default '',
  constraint access_request_state_is_known
    check (state in ('waiting', 'approved', 'refused')),
  constraint access_request_is_of_user foreign key (user_id) references app_user (id)
);
create unique index access_request_waits_once on access_request (user_id, application) where state = 'waiting';
create index access_request_by_time on access_request (created_at);

create table access_approval (
  id          text primary key,
  request_id  text not null,
  user_id     text not null,
  application text not null,
  approved_by text not null,
  approved_at timestamptz not null,
  until       timestamptz not null,
  revoked_at  timestamptz,
  row_version bigint not null default 0,
  constraint access_approval_ends_after_it_begins check (until > approved_at),
  constraint access_approval_answers_a_request foreign key (request_id) references access_request (id),
  constraint access_approval_is_of_user foreign key (user_id) references app_user (id)
);
comment on table access_approval is
  'Decisions depend on it, so it moves the policy version as sessions do. application: the name, no foreign key: an approval of an application that is gone approves nothing.';
create index access_approval_by_user on access_approval (user_id);
create index access_approval_by_row_version on access_approval (row_version);
create trigger policy_on_insert before insert on access_approval
  for each row execute function identity_row_changed();
create trigger policy_on_update before update on access_approval
  for each row when (old.* is distinct from new.*) execute function identity_row_changed();
create trigger policy_on_delete after delete on access_approval referencing old table as old_rows
  for each statement execute function identity_rows_deleted();

create table decision_record (
  seq         bigint generated always as identity primary key,
  id          text not null,
  at          timestamptz not null,
  broker      text not null,
  user_id     text not null,
  device_id   text not null,
  host        text not null,
  port        integer not null,
  transport   text not null,
  application text not null,
  outcome     text not null,
  reason      text not null,
  rule        text not null,
  trace       text not null,
  constraint decision_record_id_is_unique unique (id)
);
comment on table decision_record is 'Decisions of the last days, by the id that the person saw. Bounded in age and number.';
create index decision_record_by_time on decision_record (at);
create index decision_record_by_user on decision_record (user_id, seq);

-- Facts that brokers learn while they run: countries, by a file of the operator's, and risk levels.

alter table broker add column country_file boolean not null default false;
comment on column broker.country_file is
  'Whether it can tell the country of an address. While none can, a rule about countries is worth a warning.';

create table risk_level (
  id          text primary key,
  kind        text not null,
  subject_id  text not null,
  source      text not null,
  level       text,
  reason      text not null,
  set_by      text not null,
  happened_at timestamptz not null,
  expires_at  timestamptz,
  row_version bigint not null default 0,
  constraint risk_level_is_of_user_or_device check (kind in ('user', 'device')),
  constraint risk_level_is_known check (level in ('low', 'medium', 'high', 'critical')),
  constraint risk_level_has_one_word_of_each_source unique (kind, subject_id, source)
);
comment on table risk_level is
  'How risky a user or a device is held to be. Decisions depend on it, so it moves the policy version as sessions do.';
comment on column risk_level.source is 'administrator, or signal: and the name of the stream.';
comment on column risk_level.level is 'Null: taken back, or over. The row stays, so that a broker that reads only newer rows sees it.';
comment on column risk_level.happened_at is 'Of two words of one source, the later one holds, whichever comes first.';
create index risk_level_by_row_version on risk_level (row_version);
create index risk_level_by_expiry on risk_level (expires_at) where level is not null;
create trigger policy_on_insert before insert on risk_level
  for each row execute function identity_row_changed();
create trigger policy_on_update before update on risk_level
  for each row when (old.* is distinct from new.*) execute function identity_row_changed();
create trigger policy_on_delete after delete on risk_level referencing old table as old_rows
  for each statement execute function identity_rows_deleted();

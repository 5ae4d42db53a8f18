-- Identity: names that strangers assert, groups that say whose word counts, and what a sign-in was
-- asked for.

create function ascii_lower(name text) returns text
  language sql immutable strict parallel safe
  return translate(name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
comment on function ascii_lower is
  'A to Z in lower case and nothing else: lower() makes one name of some that a provider keeps apart.';

alter table app_user
  drop constraint app_user_email_is_lower_case,
  add constraint app_user_email_is_lower_case check (email = ascii_lower(email));
alter table user_group_member
  drop constraint user_group_member_email_is_lower_case,
  add constraint user_group_member_email_is_lower_case check (email = ascii_lower(email));
alter table access_rule_user
  drop constraint access_rule_user_email_is_lower_case,
  add constraint access_rule_user_email_is_lower_case check (email = ascii_lower(email));

alter table user_group add column sources text[] not null default '{}';
comment on column user_group.sources is
  'Whose word on membership counts besides the list: PROVIDER for its group of the same name, or PROVIDER:GROUP.';
comment on table user_group is
  'Groups that rules may name. Members are those listed here and those of whom one of its sources says so; without sources, those of whom the only provider says so.';

alter table sign_in
  add column demanded_at timestamptz,
  add column demanded_context text not null default '';
comment on column sign_in.demanded_at is
  'The person must have proved themselves since then; null: an older proof will do.';
comment on column sign_in.demanded_context is
  'The authentication context that was asked for (acr, AuthnContextClassRef); empty: none.';

alter table session add column started_at timestamptz;
update session set started_at = authenticated_at;
alter table session
  alter column started_at set not null,
  alter column started_at set default now(),
  drop constraint session_ends_after_it_begins,
  add constraint session_ends_after_it_begins check (expires_at > started_at);
drop index session_newest_of_device;
create index session_newest_of_device on session (device_id, started_at desc);
comment on column session.authenticated_at is
  'When the user proved themselves at the provider, as far as it says: how old the sign-in is.';
comment on column session.started_at is
  'When the session began here; the newest of a device is the one that counts.';

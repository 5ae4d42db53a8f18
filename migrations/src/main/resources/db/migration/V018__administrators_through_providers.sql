-- Administrators who sign in through an identity provider.
--
--   identity_provider.administrators   which groups and attributes make an administrator, and of which role
--   administrator.provider             accounts that live and die with a provider's word; null: an account of ours

alter table identity_provider add column administrators text[] not null default '{}';
comment on column identity_provider.administrators is
  'Attribute (empty: a group), value and role, one after the other; the first that fits counts.';

alter table administrator
  add column provider text,
  drop constraint administrator_name_is_plain,
  add constraint administrator_name_is_plain
    check (case when provider is null then name ~ '^[a-z0-9][a-z0-9._@+-]{0,63}$'
           else starts_with(name, provider || ':') and length(name) <= 200 end),
  add constraint administrator_of_provider_is_a_user check (provider is null or user_id is not null),
  add constraint administrator_of_provider_has_no_password check (provider is null or password_hash is null);
comment on column administrator.provider is
  'Signs in there and nowhere else; the name begins with it, so that it is nobody else''s.';
create unique index administrator_of_provider_by_user on administrator (user_id) where provider is not null;

alter table administrator_session
  add column provider text,
  add column provider_session text not null default '',
  add column role_mapping text[] not null default '{}';
comment on column administrator_session.role_mapping is
  'identity_provider.administrators as it was when the role was given: a session does not outlive it.';
create index administrator_session_by_provider on administrator_session (provider) where provider is not null;

-- Whoever was shut out stays out, also when he is let in again before he asks for anything.
create function administrator_sessions_end(which text[]) returns void language sql as $$
  update admin_token set revoked_at = now() where revoked_at is null
    and id in (select token_id from administrator_session where id = any (which));
  update administrator_session set ended_at = now() where ended_at is null and id = any (which);
$$;

create function user_leaves_administration() returns trigger language plpgsql as $$
begin
  perform administrator_sessions_end(array(
    select s.id from administrator_session s join administrator a on a.id = s.administrator_id
    where a.user_id = new.id and s.provider is not null and s.ended_at is null));
  return null;
end
$$;
create trigger user_leaves_administration after update of disabled, inactive, suspended on app_user
  for each row when ((new.disabled or new.inactive or new.suspended)
    and not (old.disabled or old.inactive or old.suspended))
  execute function user_leaves_administration();

create function provider_leaves_administration() returns trigger language plpgsql as $$
begin
  perform administrator_sessions_end(array(
    select id from administrator_session where provider = old.name and ended_at is null));
  return null;
end
$$;
create trigger provider_changes_administration after update on identity_provider
  for each row when (old.administrators is distinct from new.administrators
    or ('administrators' = any (old.audiences) and not 'administrators' = any (new.audiences)))
  execute function provider_leaves_administration();
create trigger provider_leaves_administration after delete on identity_provider
  for each row execute function provider_leaves_administration();

-- Why a session of an administrator ended, for the one whose it was; and which command line a browser let in, so
-- that the revocation of the one is the end of the other.

alter table administrator_session
  add column ended_because text not null default '',
  add column let_in_by text;
comment on column administrator_session.ended_because is
  'Read behind "you were signed out:"; empty: not ended, or ended before this column was there.';
comment on column administrator_session.let_in_by is
  'Of a command line: the browser''s session that let it in; null: a browser, or before this column was there.';

create function administrator_sessions_end(which text[], because text) returns void language sql as $$
  update admin_token set revoked_at = now() where revoked_at is null
    and id in (select token_id from administrator_session where id = any (which));
  update administrator_session set ended_at = now(), ended_because = because
    where ended_at is null and id = any (which);
$$;

create or replace function user_leaves_administration() returns trigger language plpgsql as $$
begin
  perform administrator_sessions_end(array(
    select s.id from administrator_session s join administrator a on a.id = s.administrator_id
    where a.user_id = new.id and s.provider is not null and s.ended_at is null),
    case when new.disabled then 'your account was disabled by an administrator'
      when new.inactive then 'your provider says that your account is not active'
      else 'your provider signalled that your account is shut out' end);
  return null;
end
$$;

create or replace function provider_leaves_administration() returns trigger language plpgsql as $$
begin
  perform administrator_sessions_end(array(
    select id from administrator_session where provider = old.name and ended_at is null),
    case when tg_op = 'DELETE' then 'your provider was removed'
      else 'it was changed who is an administrator through your provider' end);
  return null;
end
$$;

drop function administrator_sessions_end(text[]);

-- What a provider wants to see again when somebody signs out (id_token_hint), sealed.
--
--   sign_in.sign_out_hint, session.sign_out_hint   from the sign-in to the end of the session
--   sign_out                                       from the device's sign-out to its browser, a few minutes

alter table sign_in add column sign_out_hint text not null default '';
alter table session add column sign_out_hint text not null default '';
comment on column session.sign_out_hint is 'Sealed ID token; empty: none, or the session is over.';

create function session_forgets_its_hint() returns trigger language plpgsql as $$
begin
  new.sign_out_hint := '';
  return new;
end
$$;
create trigger session_forgets_its_hint before update of revoked_at on session
  for each row when (new.revoked_at is not null and old.revoked_at is null)
  execute function session_forgets_its_hint();

create table sign_out (
  ticket_hash      bytea primary key,
  user_id          text not null,
  provider         text not null,
  subject          text not null,
  provider_session text not null,
  hint             text not null,
  expires_at       timestamptz not null
);
comment on table sign_out is 'A browser is to carry it on to the provider; taken once.';
create index sign_out_by_expiry on sign_out (expires_at);

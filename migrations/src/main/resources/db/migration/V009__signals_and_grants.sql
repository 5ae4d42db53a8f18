-- Shared signals as they are received, and sign-ins of devices without a browser.

------------------------------------------------------------------------------------------------
-- Streams: how we ask the transmitter, and when we ask next

alter table signal_stream
  drop constraint signal_stream_has_what_its_delivery_needs,
  add column stream_id     text not null default '',
  add column verify_url    text,
  add column token_url     text,
  add column client_id     text,
  add column status        text not null default 'enabled',
  add column status_reason text not null default '',
  add column poll_next_at  timestamptz,
  add column failures      integer not null default 0,
  add constraint signal_stream_has_what_its_delivery_needs check (
    case delivery
      when 'push' then push_hash is not null and poll_url is null and poll_next_at is null
      when 'poll' then push_hash is null and poll_url is not null and poll_next_at is not null
      else false
    end),
  add constraint signal_stream_client_has_a_secret
    check (token_url is null or (client_id is not null and poll_sealed is not null));
alter table signal_stream rename column poll_sealed to secret_sealed;
comment on column signal_stream.secret_sealed is
  'With what we ask the transmitter, under the sealing key: a bearer token, or the secret of client_id at token_url.';
comment on column signal_stream.stream_id is 'The transmitter''s own name for the stream; empty if nobody said.';
comment on column signal_stream.status is 'What the transmitter said last: enabled, paused or disabled.';
comment on column signal_stream.poll_next_at is
  'Whoever moves it on asks next: one broker at a time, and another one if that one dies.';
create index signal_stream_by_poll on signal_stream (poll_next_at) where delivery = 'poll';

------------------------------------------------------------------------------------------------
-- Events: when it happened there, and to whom here

alter table signal_event
  add column happened_at timestamptz not null,
  add column effect      text not null,
  add column user_ids    text[] not null default '{}',
  add column device_id   text not null default '';
comment on column signal_event.happened_at is
  'What arrives late must not undo what happened later: of two words on one thing, the later one holds.';
comment on column signal_event.effect is 'none, sessions, account or device.';
create index signal_event_of_stream on signal_event (stream, received_at desc);
create index signal_event_on_people on signal_event using gin (user_ids) where effect = 'account';
create index signal_event_on_device on signal_event (device_id, happened_at) where effect = 'device';

------------------------------------------------------------------------------------------------
-- Devices: what a transmitter says of them, apart from what an administrator decides

alter table device add column noncompliant boolean not null default false;
comment on column device.noncompliant is
  'By a shared signal. Decisions treat the device as quarantined until the transmitter, or an administrator, says otherwise.';

------------------------------------------------------------------------------------------------
-- Device grant (RFC 8628): a device without a browser asks with its code, a person elsewhere approves

alter table sign_in
  add column asked_from   text not null default '',
  add column approved_at  timestamptz,
  add column poll_seconds integer not null default 5,
  add constraint sign_in_is_approved_by_somebody check (approved_at is null or user_id is not null);
comment on column sign_in.user_code is 'SHA-256 of the code that the person types, in hexadecimal.';
comment on column sign_in.asked_from is 'Address from which the device asked: shown to the person before he approves.';
comment on column sign_in.poll_seconds is 'How long the device waits between two questions; grows when it does not.';
create index sign_in_of_devices on sign_in (expires_at) where device_code_hash is not null;

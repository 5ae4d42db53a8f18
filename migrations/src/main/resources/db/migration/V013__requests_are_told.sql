-- Of which requests for access the approval webhook has still to be told, and when it is to be tried (again).

alter table access_request add column told boolean not null default false;
comment on column access_request.told is 'The webhook knows of it, so that it answers at once or later.';
alter table access_request add column tell_attempts integer not null default 0;
alter table access_request add column tell_at timestamptz;
comment on column access_request.tell_at is
  'Not before then: a broker is at it, or an attempt has failed. Null: at once.';
create index access_request_to_tell on access_request (created_at) where state = 'waiting' and not told;

-- Which user of applications an administrator or a token is, so that nobody approves his own request
-- whatever name he goes by there; and what a request for access was made for, and when it was used.

alter table administrator add column user_id text;
alter table administrator add constraint administrator_is_a_user
  foreign key (user_id) references app_user (id);
comment on column administrator.user_id is
  'The same person as a user of applications. Null: not known to be one, which makes them somebody else.';

alter table admin_token add column user_id text;
alter table admin_token add constraint admin_token_is_of_a_user
  foreign key (user_id) references app_user (id);
comment on column admin_token.user_id is
  'The person behind it as a user of applications. Null: a program, or the administrator whose session it is.';

alter table access_request add column target text not null default '';
comment on column access_request.target is 'Host and port as the person asked for them; empty when somebody else asked.';
alter table access_request add column used_at timestamptz;
comment on column access_request.used_at is 'When the first flow was opened under its approval.';
create index access_request_by_user on access_request (user_id, created_at);

create index administrator_session_by_token on administrator_session (token_id);

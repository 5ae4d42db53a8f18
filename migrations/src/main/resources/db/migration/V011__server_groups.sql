-- Server groups: where applications are served from. An application without any is dialled by the name
-- that is asked for, as ever.

create table server_group (
  name             text primary key,
  dynamic          boolean not null,
  servers          text[] not null default '{}',
  connector_groups text[] not null,
  constraint server_group_name_fits check (length(name) between 1 and 63),
  constraint server_group_is_dynamic_or_lists check (dynamic = (servers = '{}')),
  constraint server_group_is_reached check (connector_groups <> '{}')
);
comment on table server_group is
  'Where applications are served from. References are checked when a document is applied.';
comment on column server_group.servers is 'HOST, HOST:PORT or [IPV6]:PORT.';

alter table application add column server_groups text[] not null default '{}';

create trigger policy_on_insert after insert on server_group referencing new table as new_rows for each statement execute function configuration_rows_inserted();
create trigger policy_on_update after update on server_group referencing old table as old_rows new table as new_rows for each statement execute function configuration_rows_updated();
create trigger policy_on_delete after delete on server_group referencing old table as old_rows for each statement execute function configuration_rows_deleted();

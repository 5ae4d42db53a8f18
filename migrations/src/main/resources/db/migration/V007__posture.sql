-- Posture: what devices have to meet, and what they said of themselves last.
--
--   configuration   posture_profile --< posture_requirement
--   devices         device --- posture_report --< posture_fact
--
-- A report moves no policy version: the broker that a device is linked to has it in memory and decides
-- by it, and a device that links to another broker reports there first.

create table posture_profile (
  name            text primary key,
  platforms       text[] not null,
  description     text not null default '',
  age_max_seconds bigint not null,
  grace_seconds   bigint not null default 0,
  constraint posture_profile_name_fits check (length(name) between 1 and 63),
  constraint posture_profile_has_platforms check (cardinality(platforms) > 0),
  constraint posture_profile_times_make_sense check (age_max_seconds > 0 and grace_seconds >= 0)
);
comment on table posture_profile is 'A named question about the state of a device: all its requirements must hold.';

create table posture_requirement (
  profile  text not null,
  kind     text not null,
  subject  text not null default '',
  accepted text[] not null default '{}',
  primary key (profile, kind, subject),
  constraint posture_requirement_belongs_to_profile
    foreign key (profile) references posture_profile (name) on delete cascade
);
comment on column posture_requirement.kind is 'The key of the policy document.';
comment on column posture_requirement.subject is 'A path or a label, for kinds that have several.';

create table posture_report (
  device_id   text primary key,
  received_at timestamptz not null,
  met_until   text[] not null default '{}',
  constraint posture_report_belongs_to_device foreign key (device_id) references device (id)
);
comment on column posture_report.met_until is
  'profile=milliseconds since the epoch: until when an earlier report met a profile; its grace counts from there.';

create table posture_fact (
  device_id text not null,
  kind      text not null,
  subject   text not null default '',
  type      text not null,
  value     text not null,
  primary key (device_id, kind, subject),
  constraint posture_fact_type_is_known check (type in ('flag', 'number', 'text', 'missing')),
  constraint posture_fact_belongs_to_report
    foreign key (device_id) references posture_report (device_id) on delete cascade
);
comment on column posture_fact.value is 'For type missing: why the device cannot tell.';
create index posture_fact_by_kind on posture_fact (kind, type);

do $$
declare
  t text;
begin
  foreach t in array array['posture_profile', 'posture_requirement'] loop
    execute format('create trigger policy_on_insert after insert on %I referencing new table as new_rows for each statement execute function configuration_rows_inserted()', t);
    execute format('create trigger policy_on_update after update on %I referencing old table as old_rows new table as new_rows for each statement execute function configuration_rows_updated()', t);
    execute format('create trigger policy_on_delete after delete on %I referencing old table as old_rows for each statement execute function configuration_rows_deleted()', t);
  end loop;
end
$$;

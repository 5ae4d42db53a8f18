-- Where each device was seen last, so that an administrator at any broker asks "what if" with the address
-- that the device's own broker decides by. Soft: it moves no policy version, and is written late.

create table device_source (
  device_id text primary key,
  address   text not null,
  seen_at   timestamptz not null,
  constraint device_source_belongs_to_device foreign key (device_id) references device (id) on delete cascade
);
comment on column device_source.address is 'In numbers, without a zone; empty: the link had none.';

-- How many devices a provider's users may have, and where their claims are read.

alter table identity_provider
  add column devices_per_user integer not null default 10,
  add column user_info boolean not null default false,
  add constraint identity_provider_allows_a_device check (devices_per_user > 0);
comment on column identity_provider.devices_per_user is
  'Devices that one of its users may have at a time; those that are there stay when it becomes less.';
comment on column identity_provider.user_info is
  'Claims that an ID token lacks are read from the UserInfo endpoint.';

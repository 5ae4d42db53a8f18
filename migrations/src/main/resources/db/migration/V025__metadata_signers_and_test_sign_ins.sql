-- Metadata that must be signed, and by whom; what test sign-ins came to.

alter table identity_provider
  add column saml_metadata_signers text[] not null default '{}';
comment on column identity_provider.saml_metadata_signers is
  'Certificates (PEM) or their SHA-256; empty: the metadata need not be signed.';

create table provider_test (
  provider   text primary key,
  refused_at timestamptz not null,
  why        text not null
);
comment on table provider_test is
  'The last test sign-in through a provider that was refused. Gone as soon as one is not.';

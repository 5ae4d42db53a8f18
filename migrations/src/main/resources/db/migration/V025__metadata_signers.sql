-- Metadata that must be signed, and by whom.

alter table identity_provider
  add column saml_metadata_signers text[] not null default '{}';
comment on column identity_provider.saml_metadata_signers is
  'Certificates (PEM) or their SHA-256; empty: the metadata need not be signed.';

-- The history keeps its documents compressed, within a limit of bytes as well as of versions. What was written before
-- stays as text until it is the oldest.

alter table configuration_change add column packed bytea;
-- It is compressed already: the database need not try again.
alter table configuration_change alter column packed set storage external;
comment on column configuration_change.packed is
  'The whole configuration after the change, in canonical YAML under gzip, for rollback. The oldest are emptied past a limit of versions and of bytes, never the newest two; secrets are never in it.';
comment on column configuration_change.document is
  'As packed, in plain text: only of versions made before packed was there.';
comment on column configuration_change.changes is
  'One line for each thing that changed; the last says how many more there were.';

-- Policy tests are a part of the policy document: versioned, exported and rolled back with it. Tests that were
-- kept beside the policy before are of another grammar and are not taken over; apply them as tests of the document.

create table policy_test (
  name       text primary key,
  definition text not null,
  constraint policy_test_name_fits check (length(name) between 1 and 127)
);
comment on column policy_test.definition is
  'The test as the policy document writes it. References are checked when a document is applied.';

create trigger policy_on_insert after insert on policy_test referencing new table as new_rows for each statement execute function configuration_rows_inserted();
create trigger policy_on_update after update on policy_test referencing old table as old_rows new table as new_rows for each statement execute function configuration_rows_updated();
create trigger policy_on_delete after delete on policy_test referencing old table as old_rows for each statement execute function configuration_rows_deleted();

delete from admin_setting where name = 'policy-tests';

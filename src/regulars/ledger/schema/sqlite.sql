-- The ledger's history is final.
CREATE TRIGGER ledger_posting_is_not_changed BEFORE UPDATE ON ledger_posting
BEGIN SELECT RAISE(ABORT, 'the ledger''s history is final: UPDATE of ledger_posting refused'); END;
CREATE TRIGGER ledger_posting_is_not_deleted BEFORE DELETE ON ledger_posting
BEGIN SELECT RAISE(ABORT, 'the ledger''s history is final: DELETE of ledger_posting refused'); END;
CREATE TRIGGER ledger_operation_is_not_changed BEFORE UPDATE ON ledger_operation
BEGIN SELECT RAISE(ABORT, 'the ledger''s history is final: UPDATE of ledger_operation refused'); END;
CREATE TRIGGER ledger_operation_is_not_deleted BEFORE DELETE ON ledger_operation
BEGIN SELECT RAISE(ABORT, 'the ledger''s history is final: DELETE of ledger_operation refused'); END;
CREATE TRIGGER ledger_seal_is_not_changed BEFORE UPDATE ON ledger_seal
BEGIN SELECT RAISE(ABORT, 'the ledger''s history is final: UPDATE of ledger_seal refused'); END;
CREATE TRIGGER ledger_seal_is_not_deleted BEFORE DELETE ON ledger_seal
BEGIN SELECT RAISE(ABORT, 'the ledger''s history is final: DELETE of ledger_seal refused'); END;
CREATE TRIGGER ledger_seal_line_is_not_changed BEFORE UPDATE ON ledger_seal_line
BEGIN SELECT RAISE(ABORT, 'the ledger''s history is final: UPDATE of ledger_seal_line refused'); END;
CREATE TRIGGER ledger_seal_line_is_not_deleted BEFORE DELETE ON ledger_seal_line
BEGIN SELECT RAISE(ABORT, 'the ledger''s history is final: DELETE of ledger_seal_line refused'); END;

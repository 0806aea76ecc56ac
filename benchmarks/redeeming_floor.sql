\set n random(1, :among)
WITH member AS (SELECT id FROM ledger_account WHERE kind = 'points' AND subject = lpad(to_hex(:n::bigint), 32, '0') AND subject <> ''),
operation AS (
  INSERT INTO ledger_operation VALUES (gen_random_uuid(), decode(repeat('ab', 32), 'hex'), now(), 'redeemed', 'bench', '')
  ON CONFLICT DO NOTHING RETURNING id
),
account AS (
  UPDATE ledger_account SET balance = balance - 1, seq = seq + 1, head = sha256(head)
  WHERE id = (SELECT id FROM member) AND balance - held >= 1 RETURNING id, balance, seq, head
),
lot AS (
  UPDATE ledger_lot SET remaining = remaining - 1 WHERE account_id = (SELECT id FROM member) AND remaining > 0 AND remaining - held >= 1 RETURNING id
),
posting AS (
  INSERT INTO ledger_posting
  SELECT gen_random_uuid(), operation.id, 0, 1, account.id, '00000000-0000-0000-0000-000000000001', 1, lot.id, NULL, NULL, NULL, NULL,
    account.seq, account.balance, NULL, NULL, now(), account.head FROM operation, account, lot RETURNING operation_id
)
INSERT INTO ledger_message SELECT gen_random_uuid(), operation_id, 'Points Redeemed', '{"amount": 1}', now(), NULL FROM posting;

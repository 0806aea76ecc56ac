-- The database's own half of the machine: post, hold, capture and release in one round trip.
-- What it writes is what regulars/ledger/book.py would write, to the byte; differential tests compare them.

CREATE OR REPLACE FUNCTION regulars_ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger''s history is final: % of % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'RL999';
END $$;

CREATE TRIGGER ledger_posting_is_final BEFORE UPDATE OR DELETE ON ledger_posting
  FOR EACH ROW EXECUTE FUNCTION regulars_ledger_is_final();
CREATE TRIGGER ledger_posting_is_not_emptied BEFORE TRUNCATE ON ledger_posting
  FOR EACH STATEMENT EXECUTE FUNCTION regulars_ledger_is_final();
CREATE TRIGGER ledger_operation_is_final BEFORE UPDATE OR DELETE ON ledger_operation
  FOR EACH ROW EXECUTE FUNCTION regulars_ledger_is_final();
CREATE TRIGGER ledger_operation_is_not_emptied BEFORE TRUNCATE ON ledger_operation
  FOR EACH STATEMENT EXECUTE FUNCTION regulars_ledger_is_final();
CREATE TRIGGER ledger_seal_is_final BEFORE UPDATE OR DELETE ON ledger_seal
  FOR EACH ROW EXECUTE FUNCTION regulars_ledger_is_final();
CREATE TRIGGER ledger_seal_is_not_emptied BEFORE TRUNCATE ON ledger_seal
  FOR EACH STATEMENT EXECUTE FUNCTION regulars_ledger_is_final();
CREATE TRIGGER ledger_seal_line_is_final BEFORE UPDATE OR DELETE ON ledger_seal_line
  FOR EACH ROW EXECUTE FUNCTION regulars_ledger_is_final();
CREATE TRIGGER ledger_seal_line_is_not_emptied BEFORE TRUNCATE ON ledger_seal_line
  FOR EACH STATEMENT EXECUTE FUNCTION regulars_ledger_is_final();

CREATE OR REPLACE FUNCTION regulars_ledger_refuse(refusal text, detail jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', refusal USING ERRCODE = 'RL000', DETAIL = detail::text;
END $$;

-- Who cannot pay: closed, or too little is there.
CREATE OR REPLACE FUNCTION regulars_ledger_refuse_debit(debit uuid, asked bigint, available bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE a ledger_account;
BEGIN
  SELECT * INTO a FROM ledger_account WHERE id = debit;
  IF a.closed THEN
    PERFORM regulars_ledger_refuse('closed', jsonb_build_object('account_id', replace(a.id::text, '-', ''), 'kind', a.kind, 'reference', a.reference));
  END IF;
  PERFORM regulars_ledger_refuse('insufficient', jsonb_build_object(
    'account_id', replace(a.id::text, '-', ''), 'kind', a.kind, 'unit', a.unit, 'reference', a.reference, 'asked', asked,
    'left', coalesce(available, a.balance - a.held)));
END $$;

-- The id of what is within an operation, as core.naming.within makes it. In SQL it is inlined, where a call would cost a statement.
CREATE OR REPLACE FUNCTION regulars_ledger_within(operation text, name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (substr(operation, 1, 16) || substr(md5(operation || ':' || name), 1, 16))::uuid
$$;

-- One posting: balances, sequence numbers and the chain. The condition is inside the write: free is what must be there
-- beyond what is held.
CREATE OR REPLACE FUNCTION regulars_ledger_enter(
  operation text, number int, posting_kind int, debit uuid, debit_guarded bool, credit uuid, credit_guarded bool, amount bigint,
  moved bigint, free bigint, holding bigint, from_lot uuid, to_lot uuid, of_posting uuid, active timestamptz, expires timestamptz,
  at timestamptz, trailer bytea
) RETURNS ledger_posting LANGUAGE plpgsql AS $$
DECLARE
  nobody constant bytea := '\x00000000000000000000000000000000';
  nothing constant bytea := '\xffffffffffffffff';
  p ledger_posting;
  named bytea;
  told bytea := timestamptz_send(at) || trailer;
BEGIN
  p.id := regulars_ledger_within(operation, number::text);
  named := uuid_send(p.id) || uuid_send(operation::uuid) || uuid_send(debit) || uuid_send(credit)
    || coalesce(uuid_send(from_lot), nobody) || coalesce(uuid_send(to_lot), nobody) || coalesce(uuid_send(of_posting), nobody)
    || int2send(number::int2) || int2send(posting_kind::int2) || int8send(amount)
    || coalesce(timestamptz_send(active), nothing) || coalesce(timestamptz_send(expires), nothing);
  IF credit_guarded AND moved > 0 THEN
    UPDATE ledger_account SET
      balance = balance + moved,
      seq = seq + 1,
      head = CASE WHEN debit_guarded THEN head ELSE
        sha256(head || named || nothing || nothing || int8send(seq + 1) || int8send(balance + moved) || told) END
    WHERE id = credit AND NOT closed RETURNING seq, balance, head INTO p.credit_seq, p.credit_balance, p.hash;
    IF NOT FOUND THEN PERFORM regulars_ledger_refuse_debit(credit, amount, NULL); END IF;
  END IF;
  IF debit_guarded THEN
    UPDATE ledger_account SET
      balance = balance - moved,
      held = held + holding,
      seq = seq + 1,
      head = sha256(head || named || int8send(seq + 1) || int8send(balance - moved)
        || coalesce(int8send(p.credit_seq), nothing) || coalesce(int8send(p.credit_balance), nothing) || told)
    WHERE id = debit AND balance - held >= free AND (posting_kind = 5 OR NOT closed)
    RETURNING seq, balance, head INTO p.debit_seq, p.debit_balance, p.hash;
    IF NOT FOUND THEN PERFORM regulars_ledger_refuse_debit(debit, amount, NULL); END IF;
  END IF;
  INSERT INTO ledger_posting (
    id, operation_id, number, kind, debit_id, credit_id, amount, from_lot_id, to_lot_id, of_id, active_at, expires_at,
    debit_seq, debit_balance, credit_seq, credit_balance, at, hash
  ) VALUES (
    p.id, operation::uuid, number, posting_kind, debit, credit, amount, from_lot, to_lot, of_posting, active, expires,
    p.debit_seq, p.debit_balance, p.credit_seq, p.credit_balance, at, p.hash
  ) RETURNING * INTO p;
  RETURN p;
END $$;

-- Bring what an account was granted to what it should be; lowered, as far as nothing is used or held.
-- Answers the posting that took, if any.
CREATE OR REPLACE FUNCTION regulars_ledger_grant(
  operation text, number int, account uuid, wanted bigint, at timestamptz, trailer bytea
) RETURNS ledger_posting LANGUAGE plpgsql AS $$
DECLARE
  a ledger_account;
  outside uuid;
  less bigint;
BEGIN
  SELECT * INTO a FROM ledger_account WHERE id = account;
  SELECT id INTO outside FROM ledger_account
    WHERE kind = 'world' AND reference = 'granted' AND unit = a.unit AND subject = '';
  IF wanted > a.granted THEN
    UPDATE ledger_account SET granted = wanted WHERE id = account;
    RETURN regulars_ledger_enter(operation, number, 2, outside, false, account, true, wanted - a.granted, wanted - a.granted,
      0, 0, NULL, NULL, NULL, NULL, NULL, at, trailer);
  END IF;
  less := least(a.granted - wanted, a.balance - a.held);
  IF less <= 0 THEN RETURN NULL; END IF;
  UPDATE ledger_account SET granted = granted - less WHERE id = account;
  RETURN regulars_ledger_enter(operation, number, 2, account, true, outside, false, less, less, less, 0,
    NULL, NULL, NULL, NULL, NULL, at, trailer);
END $$;

-- What a hold still holds, once that is enough for a leg.
CREATE OR REPLACE FUNCTION regulars_ledger_held(named text, asked bigint, capturing bool, at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  parts int;
  found bigint;
  ends timestamptz;
  why text;
BEGIN
  SELECT count(*), coalesce(sum(remaining), 0), min(until) INTO parts, found, ends FROM ledger_hold WHERE hold_id = named::uuid;
  why := CASE WHEN parts = 0 THEN 'unknown' WHEN found = 0 THEN 'settled' WHEN capturing AND at >= ends THEN 'timed_out'
              WHEN asked > found THEN 'less' END;
  IF why IS NOT NULL THEN
    PERFORM regulars_ledger_refuse('hold', jsonb_build_object('hold_id', named, 'why', why, 'left', found));
  END IF;
  RETURN coalesce(asked, found);
END $$;

-- An operation, whole or not at all; answers its postings, and whether they were there before.
-- accounts: [[id, kind, unit, reference, subject, guarded, in_lots], ...], their ids in guarded_ids and world_ids;
-- legs: those of requests.plain, told what kind of accounts they name: "guarded" and "in_lots", source and target.
CREATE OR REPLACE FUNCTION regulars_ledger_commit(
  operation text, at timestamptz, digest bytea, reason text, actor text, about text, trailer bytea,
  guarded_ids uuid[], world_ids uuid[], accounts jsonb, holds uuid[], legs jsonb, messages jsonb, patient bool
) RETURNS TABLE (replayed bool, posting ledger_posting) LANGUAGE plpgsql
-- Plans are made once: the shapes never change, and planning anew costs as much as the work.
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  known bytea;
  there int;
  some_closed bool;
  leg jsonb;
  number int := 0;
  verb text;
  source uuid;
  target uuid;
  source_guarded bool;
  target_guarded bool;
  source_in_lots bool;
  target_in_lots bool;
  rest bigint;
  taken bigint;
  part record;
  kind int;
  made uuid;
  wanted bigint;
  parts refcursor;
  named uuid;
  active timestamptz;
  expires timestamptz;
  ends timestamptz;
BEGIN
  IF NOT patient AND NOT pg_try_advisory_xact_lock(hashtextextended(operation, 0)) THEN
    PERFORM regulars_ledger_refuse('in_progress', jsonb_build_object('operation_id', operation));
  END IF;
  INSERT INTO ledger_operation (id, digest, at, reason, actor, about)
    VALUES (operation::uuid, digest, at, reason, actor, about) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT o.digest INTO known FROM ledger_operation o WHERE o.id = operation::uuid;
    IF known <> digest THEN PERFORM regulars_ledger_refuse('reused', jsonb_build_object('operation_id', operation)); END IF;
    -- One row even where it wrote nothing, so that the asker learns it was done before.
    RETURN QUERY SELECT true, p FROM (SELECT 1) once LEFT JOIN ledger_posting p ON p.operation_id = operation::uuid
      ORDER BY p.number;
    RETURN;
  END IF;

  IF cardinality(holds) > 0 THEN
    guarded_ids := ARRAY(
      SELECT unnest(guarded_ids) UNION SELECT a.id FROM ledger_account a WHERE a.guarded AND a.id IN (
        SELECT unnest(ARRAY[h.account_id, h.target_id]) FROM ledger_hold h WHERE h.hold_id = ANY (holds)));
  END IF;
  LOOP
    -- In key order, on the way up and on the way down: whoever gives back waits in the same line as whoever takes.
    SELECT count(*) + (SELECT count(*) FROM ledger_account w WHERE w.id = ANY (world_ids)), coalesce(bool_or(locked.closed), false)
      INTO there, some_closed
      FROM (SELECT a.closed FROM ledger_account a WHERE a.id = ANY (guarded_ids) ORDER BY a.id FOR UPDATE) locked;
    EXIT WHEN there >= cardinality(guarded_ids) + cardinality(world_ids);
    INSERT INTO ledger_account (id, kind, unit, reference, subject, guarded, in_lots, balance, held, granted, seq, head, closed)
      SELECT (a->>0)::uuid, a->>1, a->>2, a->>3, a->>4, (a->>5)::bool, (a->>6)::bool, 0, 0, 0, 0, '', false
      FROM jsonb_array_elements(accounts) a ORDER BY 1 ON CONFLICT DO NOTHING;
  END LOOP;

  FOR index IN 0 .. jsonb_array_length(legs) - 1 LOOP
    leg := legs->index;
    verb := leg->>'verb';
    rest := (leg->>'amount')::bigint;
    IF verb IN ('post', 'hold') THEN
      source := (leg->>'source')::uuid;
      target := (leg->>'target')::uuid;
      source_guarded := (leg->'guarded'->>0)::bool;
      target_guarded := (leg->'guarded'->>1)::bool;
      source_in_lots := (leg->'in_lots'->>0)::bool;
      target_in_lots := (leg->'in_lots'->>1)::bool;
    ELSE
      named := (leg->>'hold')::uuid;
      rest := regulars_ledger_held(leg->>'hold', rest, verb = 'capture', at);
      SELECT h.account_id, h.target_id, true, a.guarded, a.in_lots
        INTO source, target, source_guarded, target_guarded, target_in_lots
        FROM ledger_hold h JOIN ledger_account a ON a.id = h.target_id WHERE h.hold_id = named LIMIT 1;
    END IF;
    IF verb = 'hold' AND (leg->>'until')::timestamptz <= at THEN
      PERFORM regulars_ledger_refuse('impossible', jsonb_build_object('why', 'a hold must end after it begins'));
    END IF;
    IF some_closed AND verb <> 'release' THEN
      PERFORM regulars_ledger_refuse_debit(a.id, rest, NULL) FROM ledger_account a
        WHERE a.id IN (source, target) AND a.closed ORDER BY a.id <> source LIMIT 1;
    END IF;
    IF leg ? 'granted' THEN
      posting := regulars_ledger_grant(operation, number, source, (leg->>'granted')::bigint, at, trailer);
      IF posting.id IS NOT NULL THEN
        RETURN NEXT;
        number := number + 1;
      END IF;
    END IF;
    kind := CASE verb WHEN 'post' THEN 1 WHEN 'hold' THEN 3 WHEN 'capture' THEN 4 ELSE 5 END;
    active := NULL;
    expires := NULL;
    ends := NULL;
    IF verb = 'hold' THEN
      ends := (leg->>'until')::timestamptz;
      named := regulars_ledger_within(operation, 'hold:' || index::text);
    ELSIF verb <> 'release' AND target_in_lots THEN
      active := coalesce((leg->>'active_at')::timestamptz, at);
      expires := coalesce((leg->>'expires_at')::timestamptz, '9999-12-31 00:00:00+00');
    END IF;

    -- What is taken, part by part: from which lot, how much is free there, and which posting holds it.
    IF verb NOT IN ('post', 'hold') THEN  -- captured in the order things were held, released in the opposite one
      OPEN parts FOR SELECT h.lot_id AS lot, h.remaining AS free, h.posting_id AS held_by
        FROM ledger_hold h JOIN ledger_posting p ON p.id = h.posting_id WHERE h.hold_id = named AND h.remaining > 0
        ORDER BY CASE WHEN verb = 'capture' THEN p.number ELSE -p.number END;
    ELSIF source_in_lots THEN
      OPEN parts FOR SELECT l.id AS lot, l.remaining - l.held AS free, NULL::uuid AS held_by FROM ledger_lot l
        WHERE l.account_id = source AND l.remaining > 0 AND l.remaining > l.held AND l.expires_at > at AND l.active_at <= at
        ORDER BY l.expires_at, l.id;
    ELSE
      OPEN parts FOR SELECT NULL::uuid AS lot, CASE WHEN source_guarded THEN a.balance - a.held ELSE rest END AS free,
        NULL::uuid AS held_by FROM ledger_account a WHERE a.id = source AND (NOT source_guarded OR a.balance > a.held);
    END IF;
    wanted := rest;
    LOOP
      FETCH parts INTO part;
      EXIT WHEN NOT FOUND;
      taken := least(rest, part.free);
      rest := rest - taken;
      made := CASE WHEN expires IS NOT NULL THEN regulars_ledger_within(operation, number::text) END;
      IF part.held_by IS NOT NULL THEN
        UPDATE ledger_hold h SET remaining = h.remaining - taken WHERE h.posting_id = part.held_by;
      END IF;
      IF part.lot IS NOT NULL THEN
        UPDATE ledger_lot l SET
          remaining = l.remaining - CASE WHEN verb IN ('post', 'capture') THEN taken ELSE 0 END,
          held = l.held + CASE verb WHEN 'hold' THEN taken WHEN 'post' THEN 0 ELSE -taken END
        WHERE l.id = part.lot;
      END IF;
      posting := regulars_ledger_enter(operation, number, kind, source, source_guarded, target, target_guarded, taken,
        CASE WHEN kind IN (1, 4) THEN taken ELSE 0 END, CASE WHEN kind IN (1, 3) THEN taken ELSE 0 END,
        CASE kind WHEN 1 THEN 0 WHEN 3 THEN taken ELSE -taken END, part.lot, made,
        CASE kind WHEN 3 THEN named ELSE part.held_by END, active, coalesce(expires, ends), at, trailer);
      RETURN NEXT;
      IF kind = 3 THEN
        INSERT INTO ledger_hold (posting_id, hold_id, account_id, target_id, lot_id, remaining, until)
          VALUES (posting.id, named, source, target, part.lot, taken, ends);
      ELSIF made IS NOT NULL THEN
        INSERT INTO ledger_lot (id, account_id, remaining, held, active_at, expires_at)
          VALUES (made, target, taken, 0, active, expires);
      END IF;
      number := number + 1;
      EXIT WHEN rest = 0;
    END LOOP;
    CLOSE parts;
    IF rest > 0 AND NOT leg ? 'at_most' THEN PERFORM regulars_ledger_refuse_debit(source, wanted, wanted - rest); END IF;
  END LOOP;

  FOR index IN 0 .. jsonb_array_length(messages) - 1 LOOP
    INSERT INTO ledger_message (id, operation_id, name, content, at) VALUES (
      regulars_ledger_within(operation, 'message:' || index::text), operation::uuid, messages->index->>0, messages->index->1, at);
  END LOOP;
END $$;

-- What a shop does most, straight on: spend an amount of one account, that is, post it to the world. Where that is not plain
-- (done before or at this moment, closed, too little there, an account that nothing was posted to yet) it does nothing and
-- answers nothing, and regulars_ledger_commit is asked. Otherwise it writes and answers what that would.
CREATE OR REPLACE FUNCTION regulars_ledger_spend(
  operation text, at timestamptz, digest bytea, reason text, actor text, about text, trailer bytea,
  source uuid, target uuid, in_lots bool, amount bigint, messages jsonb, patient bool
) RETURNS SETOF ledger_posting LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  balance bigint;
  free bigint;
  seq bigint;
  head bytea;
  lot uuid;
  spent timestamptz := '-infinity';
  rest bigint := amount;
  taken bigint;
  number int := 0;
  made uuid;
BEGIN
  IF NOT patient AND NOT pg_try_advisory_xact_lock(hashtextextended(operation, 0)) THEN RETURN; END IF;
  SELECT a.balance, a.balance - a.held, a.seq, a.head INTO balance, free, seq, head
    FROM ledger_account a JOIN ledger_account outside ON outside.id = target
    WHERE a.id = source AND NOT a.closed AND a.balance - a.held >= amount FOR UPDATE OF a;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO ledger_operation (id, digest, at, reason, actor, about)
    VALUES (operation::uuid, digest, at, reason, actor, about) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  LOOP
    IF in_lots THEN
      SELECT l.id, l.expires_at, l.remaining - l.held INTO lot, spent, free FROM ledger_lot l
        WHERE l.account_id = source AND (l.expires_at, l.id) > (spent, lot)  -- without it each would pass all before it again
          AND l.remaining > 0 AND l.remaining > l.held AND l.expires_at > at AND l.active_at <= at
        ORDER BY l.expires_at, l.id LIMIT 1;
      -- What is there is pending or past its time.
      IF NOT FOUND THEN PERFORM regulars_ledger_refuse_debit(source, amount, amount - rest); END IF;
      UPDATE ledger_lot l SET remaining = l.remaining - least(rest, free) WHERE l.id = lot;
    END IF;
    taken := least(rest, free);
    rest := rest - taken;
    made := regulars_ledger_within(operation, number::text);
    seq := seq + 1;
    balance := balance - taken;
    head := sha256(head || uuid_send(made) || uuid_send(operation::uuid) || uuid_send(source) || uuid_send(target)
      || coalesce(uuid_send(lot), '\x00000000000000000000000000000000')  -- then no lot made, and nothing settled
      || '\x0000000000000000000000000000000000000000000000000000000000000000'
      || int2send(number::int2) || '\x0001' || int8send(taken) || '\xffffffffffffffffffffffffffffffff'  -- post, no terms
      || int8send(seq) || int8send(balance) || '\xffffffffffffffffffffffffffffffff' || timestamptz_send(at) || trailer);
    RETURN QUERY INSERT INTO ledger_posting (
      id, operation_id, number, kind, debit_id, credit_id, amount, from_lot_id, debit_seq, debit_balance, at, hash
    ) VALUES (made, operation::uuid, number, 1, source, target, taken, lot, seq, balance, at, head) RETURNING *;
    EXIT WHEN rest = 0;
    number := number + 1;
  END LOOP;
  UPDATE ledger_account a SET balance = balance, seq = seq, head = head WHERE a.id = source;
  FOR index IN 0 .. jsonb_array_length(messages) - 1 LOOP
    INSERT INTO ledger_message (id, operation_id, name, content, at) VALUES (
      regulars_ledger_within(operation, 'message:' || index::text), operation::uuid, messages->index->>0, messages->index->1, at);
  END LOOP;
END $$;

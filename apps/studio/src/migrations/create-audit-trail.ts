import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What people did and tried to do. Each entry carries a digest over itself and over the entry before it, and the first
 * entry of a day goes on from the last one of the day before: whoever changes or takes out a row breaks the chain.
 */
export class CreateAuditTrail1763700000600 implements MigrationInterface {
  readonly name = 'CreateAuditTrail1763700000600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      CREATE TABLE audit_entries (
        day date NOT NULL,
        position bigint NOT NULL CHECK (position > 0),
        entry_id uuid NOT NULL UNIQUE,
        recorded_at timestamptz NOT NULL,
        act text NOT NULL,
        phase text NOT NULL CHECK (phase IN
          ('INTENT', 'REQUESTED', 'APPROVED', 'REJECTED', 'EXPIRED', 'DONE', 'REFUSED', 'NOT_DONE')),
        act_id uuid,
        actor text NOT NULL,
        actor_role text,
        target text NOT NULL,
        reason text,
        code text,
        request_id text,
        request_digest text,
        before jsonb,
        after jsonb,
        previous_digest bytea NOT NULL,
        digest bytea NOT NULL,
        PRIMARY KEY (day, position)
      );
      CREATE INDEX audit_entries_by_target ON audit_entries (target, day, position);
      CREATE INDEX audit_entries_by_actor ON audit_entries (actor, day, position);

      -- Times are counted in microseconds: as text they would depend on the session's time zone.
      CREATE FUNCTION audit_digest(entry audit_entries) RETURNS bytea LANGUAGE sql IMMUTABLE AS $body$
        SELECT sha256(convert_to(jsonb_build_array(
          1, encode(entry.previous_digest, 'hex'), entry.day - date '2000-01-01', entry.position, entry.entry_id,
          (extract(epoch FROM entry.recorded_at) * 1000000)::bigint, entry.act, entry.phase, entry.act_id, entry.actor,
          entry.actor_role, entry.target, entry.reason, entry.code, entry.request_id, entry.request_digest,
          entry.before, entry.after)::text, 'UTF8'))
      $body$;

      -- One writer at a time goes on from the newest entry. Acts write their entry last, so that nobody who waits here
      -- holds what another needs; the clock is read after the wait, so that time does not run backwards along the chain.
      CREATE FUNCTION chain_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $body$
      DECLARE
        head audit_entries;
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('tandem audit trail', 0));
        SELECT * INTO head FROM audit_entries ORDER BY day DESC, position DESC LIMIT 1;
        NEW.recorded_at := greatest(clock_timestamp(), head.recorded_at);
        NEW.day := (NEW.recorded_at AT TIME ZONE 'UTC')::date;
        NEW.position := CASE WHEN head.day = NEW.day THEN head.position + 1 ELSE 1 END;
        NEW.previous_digest := coalesce(head.digest, ''::bytea);
        NEW.digest := audit_digest(NEW);
        RETURN NEW;
      END $body$;
      CREATE TRIGGER audit_entries_chained BEFORE INSERT ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION chain_audit_entry();
      CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER audit_entries_chained ON audit_entries;
      DROP FUNCTION chain_audit_entry();
      DROP FUNCTION audit_digest(audit_entries);
      DROP TABLE audit_entries;
    `);
  }
}

import { isUUID } from 'class-validator';

/** The account a path names: by Studio's id or by its key. Fastify has decoded the segment, so both forms of a key work. */
export function accountOfPath(segment: string): { account_id: string } | { external_key: string } {
  return isUUID(segment) ? { account_id: segment } : { external_key: segment };
}

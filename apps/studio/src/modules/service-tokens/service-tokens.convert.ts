import type { ServiceToken } from '@tandem/platform/identity/service-tokens';
import type { ServiceTokenRow, TokenStatus } from './service-tokens.dto.ts';

function statusOf(token: ServiceToken, now: Date): TokenStatus {
  if (token.revoked_at !== null) return 'REVOKED';
  if (token.expires_at !== null && token.expires_at <= now) return 'EXPIRED';
  return token.replaced_by === null ? 'ACTIVE' : 'REPLACED';
}

/** Database row to wire row. */
export function toServiceTokenRow(token: ServiceToken, now: Date): ServiceTokenRow {
  return {
    id: token.id,
    client: token.client,
    status: statusOf(token, now),
    scopes: token.scopes,
    namespace: token.namespace,
    created_at: token.created_at.toISOString(),
    expires_at: token.expires_at?.toISOString() ?? null,
    revoked_at: token.revoked_at?.toISOString() ?? null,
    last_used_at: token.last_used_at?.toISOString() ?? null,
    replaced_by: token.replaced_by,
  };
}

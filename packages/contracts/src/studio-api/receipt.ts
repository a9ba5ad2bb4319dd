import { ApiProperty } from '@nestjs/swagger';

/**
 * Proof of an accepted write (DESIGN 2, Receipts). A caller keeps the newest one per account: a head that goes
 * backwards later means Studio was restored to an earlier point, and what came after must be sent again.
 */
export class Receipt {
  @ApiProperty({ format: 'uuid', description: 'Incarnation of the ledger; another value means another database' })
  incarnation: string;

  @ApiProperty({ description: 'Head of the account in the stream written to: ledger for commands, events for events' })
  account_seq: number;

  @ApiProperty({ type: String, nullable: true, description: 'Digest of the last sealed segment, when one exists' })
  last_seal: string | null;
}

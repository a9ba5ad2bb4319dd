import { ApiProperty } from '@nestjs/swagger';

/** Where an account's ledger was last sealed. Everything up to `seq` is fixed by `digest`. */
export class SealMark {
  @ApiProperty({ description: 'Last row of the account the seal covers' })
  seq: number;

  @ApiProperty({ description: 'SHA-256 over the account’s rows up to there, as 64 hexadecimal digits' })
  digest: string;
}

/**
 * Proof of an accepted write (DESIGN 2, Receipts). A caller keeps the newest one per account: a head that goes
 * backwards later means Studio was restored to an earlier point, and what came after must be sent again.
 */
export class Receipt {
  @ApiProperty({ format: 'uuid', description: 'Incarnation of the ledger; another value means another database' })
  incarnation: string;

  @ApiProperty({ description: 'Head of the account in the stream written to: ledger for commands, events for events' })
  account_seq: number;

  @ApiProperty({
    type: SealMark,
    nullable: true,
    description: 'Last seal of the account this process knows of; null when it knows none, and for events',
  })
  last_seal: SealMark | null;
}

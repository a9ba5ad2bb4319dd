import { ApiProperty } from '@nestjs/swagger';
import { ExplainedLot, KindSum } from './explanation.ts';

/** Figures of an account at one end of a month. */
export class StatementFigures {
  @ApiProperty()
  balance: number;

  @ApiProperty()
  reserved: number;

  @ApiProperty()
  available: number;
}

/** A month of an account, from its first to its last moment in UTC. Amounts are JSON numbers in credits. */
export class StatementSummary {
  @ApiProperty({ example: '2026-10' })
  month: string;

  @ApiProperty({ format: 'date-time', description: 'First moment of the month' })
  from: string;

  @ApiProperty({ format: 'date-time', description: 'First moment of the next month' })
  to: string;

  @ApiProperty({ description: 'The month is over, and all that counts in it is written: it will not change' })
  final: boolean;

  @ApiProperty({ type: StatementFigures, description: 'Always the closing figures of the month before' })
  opening: StatementFigures;

  @ApiProperty({ type: StatementFigures })
  closing: StatementFigures;
}

/** Months of an account, newest first. */
export class StatementsPage {
  @ApiProperty({ type: [StatementSummary] })
  items: StatementSummary[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;
}

/** How many, and how many credits together. */
export class CountAndAmount {
  @ApiProperty()
  count: number;

  @ApiProperty()
  amount: number;
}

/** What happened in one month. Movements count in the month of their `effective_at`. */
export class Statement extends StatementSummary {
  @ApiProperty({ format: 'uuid' })
  account_id: string;

  @ApiProperty()
  external_key: string;

  @ApiProperty({ type: [KindSum], description: 'Effect on the balance by kind, with ends that are not written yet' })
  balance_movements: KindSum[];

  @ApiProperty({
    type: [KindSum],
    description: 'Effect on what is reserved by kind, with ends that are not written yet',
  })
  reserved_movements: KindSum[];

  @ApiProperty({ type: CountAndAmount, description: 'Ends of holds and lots in this month that are not written yet' })
  unwritten: CountAndAmount;

  @ApiProperty({ type: [ExplainedLot], description: 'What is left at closing and will end next month' })
  lots_ending_next_month: ExplainedLot[];

  @ApiProperty({
    description: 'False: there are more of them than are shown, or they are too far back to be worked out',
  })
  lots_complete: boolean;

  @ApiProperty({ type: CountAndAmount, description: 'Charges of this month that could not be covered' })
  shortfalls_opened: CountAndAmount;

  @ApiProperty({
    type: CountAndAmount,
    description: 'Shortfalls recovered, waived or left to an invoice in this month',
  })
  shortfalls_closed: CountAndAmount;
}

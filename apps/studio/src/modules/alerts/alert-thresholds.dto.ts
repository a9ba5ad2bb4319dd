import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsCredits } from '@tandem/contracts';
import { ArrayMaxSize, IsArray, IsInt, IsNotEmpty, IsOptional, IsString, MaxLength, Min } from 'class-validator';

const THRESHOLDS_MAX = 10;
const REASON_LENGTH_MAX = 1000;

/** `PUT /v1/operator/accounts/{external_key}/alert-thresholds`: the whole set; the same set again changes nothing. */
export class ChangeAlertThresholdsRequest {
  @ApiProperty({
    type: [String],
    maxItems: THRESHOLDS_MAX,
    example: ['100', '10', '0'],
    description: 'Available credits at or below which the account is low, with at most 6 decimals. Empty: none',
  })
  @IsArray()
  @ArrayMaxSize(THRESHOLDS_MAX)
  @IsCredits({ each: true })
  thresholds: (number | string)[];

  @ApiProperty({ description: 'Why, in words; kept in the history' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(REASON_LENGTH_MAX)
  reason: string;

  @ApiPropertyOptional({ description: 'Version of the account the change is based on. Absent: the newest' })
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number;
}

/** One threshold and the state it is in. */
export class AlertThreshold {
  @ApiProperty({ description: 'Credits', example: '100' })
  threshold: string;

  @ApiProperty({
    description:
      'Available was at or below the threshold when it was last looked at, a second or so ago. A threshold that starts low tells its recovery first',
  })
  is_low: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

/** Thresholds of one account, lowest first. */
export class AlertThresholds {
  @ApiProperty({ type: [AlertThreshold] })
  items: AlertThreshold[];
}

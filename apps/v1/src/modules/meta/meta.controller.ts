import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { BILLING_MODES, type BillingMode } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { Public } from '@tandem/platform/identity/access';
import { V1Config } from '../../config/config.ts';

export class MetaAnswer {
  @ApiProperty({ example: 'tandem-v1' })
  app: string;

  @ApiProperty({ description: 'Same as `app`, the word older clients read' })
  name: string;

  @ApiProperty()
  version: string;

  @ApiProperty({ example: 'production' })
  environment: string;

  @ApiProperty({ enum: BILLING_MODES, description: 'Mode assumed for an account Studio tells nothing about' })
  default_billing_mode: BillingMode;
}

export class FeatureFlags {
  @ApiProperty()
  billing: boolean;
}

export class FeaturesAnswer {
  @ApiProperty()
  success: boolean;

  @ApiProperty({ description: 'Whether billing is on; the live switch for consoles' })
  billingEnabled: boolean;

  @ApiProperty({ type: FeatureFlags, description: 'The same for clients that read it here' })
  data: FeatureFlags;

  @ApiProperty({ format: 'date-time' })
  timestamp: string;
}

@ApiTags('meta')
@Controller('v1/meta')
export class MetaController {
  constructor(
    private readonly config: V1Config,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Which application this is' })
  @ApiOkResponse({ type: MetaAnswer })
  meta(): MetaAnswer {
    return {
      app: 'tandem-v1',
      name: 'tandem-v1',
      version: this.config.version,
      environment: this.config.environment,
      default_billing_mode: this.config.defaultBillingMode,
    };
  }

  @Get('info')
  @Public()
  @ApiOperation({ summary: 'The same under the path existing consoles use' })
  @ApiOkResponse({ type: MetaAnswer })
  info(): MetaAnswer {
    return this.meta();
  }

  @Get('features')
  @Public()
  @ApiOperation({ summary: 'What is switched on' })
  @ApiOkResponse({ type: FeaturesAnswer })
  features(): FeaturesAnswer {
    const billing = this.config.billingEnabled;
    return { success: true, billingEnabled: billing, data: { billing }, timestamp: this.clock.now().toISOString() };
  }
}
